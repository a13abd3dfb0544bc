#include "net/address.h"

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

wss_address wss__endpoint_text(const wss__endpoint *endpoint) {
  /* A dual-stack socket reports IPv4 peers as ::ffff:a.b.c.d (RFC 4291
     2.5.5.2); programs and logs want the IPv4 address. */
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  wss_address address;
  memset(&address, 0, sizeof address);
  if (endpoint->family == 0)
    return address;
  address.port = endpoint->port;
  if (endpoint->family == 4) {
    address.family = 4;
    (void)uv_inet_ntop(AF_INET, endpoint->ip, address.ip, sizeof address.ip);
  } else if (memcmp(endpoint->ip, mapped, sizeof mapped) == 0) {
    address.family = 4;
    (void)uv_inet_ntop(AF_INET, endpoint->ip + sizeof mapped, address.ip,
                       sizeof address.ip);
  } else {
    address.family = 6;
    (void)uv_inet_ntop(AF_INET6, endpoint->ip, address.ip, sizeof address.ip);
  }
  return address;
}
