#include "net/address.h"

#include <stdbool.h>
#include <string.h>

int wss__address_parse(const char *host, int port,
                       struct sockaddr_storage *address) {
  if (port < 0 || port > 65535)
    return WSS_ERR_INVALID;
  memset(address, 0, sizeof *address);
  if (uv_ip4_addr(host, port, (struct sockaddr_in *)(void *)address) == 0)
    return 0;
  if (uv_ip6_addr(host, port, (struct sockaddr_in6 *)(void *)address) == 0)
    return 0;
  return WSS_ERR_INVALID;
}

wss__endpoint wss__endpoint_of(const struct sockaddr_storage *address) {
  wss__endpoint endpoint;
  memset(&endpoint, 0, sizeof endpoint);
  if (address->ss_family == AF_INET) {
    struct sockaddr_in ip4;
    memcpy(&ip4, address, sizeof ip4);
    memcpy(endpoint.ip, &ip4.sin_addr, 4);
    endpoint.port = ntohs(ip4.sin_port);
    endpoint.family = 4;
  } else if (address->ss_family == AF_INET6) {
    struct sockaddr_in6 ip6;
    memcpy(&ip6, address, sizeof ip6);
    memcpy(endpoint.ip, &ip6.sin6_addr, 16);
    endpoint.port = ntohs(ip6.sin6_port);
    endpoint.family = 6;
  }
  return endpoint;
}

/* A dual-stack socket reports IPv4 peers as ::ffff:a.b.c.d (RFC 4291 2.5.5.2);
   programs and logs want the IPv4 address. */
static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const wss__endpoint *endpoint) {
  return endpoint->family == 6 &&
         memcmp(endpoint->ip, mapped, sizeof mapped) == 0;
}

wss_address wss__endpoint_text(const wss__endpoint *endpoint) {
  const uint8_t *ip = endpoint->ip;
  wss_address address;
  memset(&address, 0, sizeof address);
  if (endpoint->family == 0)
    return address;
  address.port = endpoint->port;
  address.family = is_mapped(endpoint) ? 4 : endpoint->family;
  if (is_mapped(endpoint))
    ip += sizeof mapped;
  (void)uv_inet_ntop(address.family == 4 ? AF_INET : AF_INET6, ip, address.ip,
                     sizeof address.ip);
  return address;
}

uint64_t wss__endpoint_network(const wss__endpoint *endpoint) {
  bool ip4 = endpoint->family == 4 || is_mapped(endpoint);
  const uint8_t *ip = endpoint->ip + (is_mapped(endpoint) ? sizeof mapped : 0);
  size_t size = ip4 ? 4 : 8;
  uint64_t number = 0;
  size_t i;
  if (endpoint->family == 0)
    return 0;
  for (i = 0; i < size; i++)
    number = number << 8 | ip[i];
  /* ::/64, where these would collide, is nobody's network. */
  return number + 1;
}
