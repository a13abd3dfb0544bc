/* Numeric addresses, kept small. */
#ifndef WSS_NET_ADDRESS_H
#define WSS_NET_ADDRESS_H

#include <stdint.h>
#include <uv.h>

#include "wss/wss.h"

/* One end of a TCP connection. */
typedef struct wss__endpoint {
  uint8_t ip[16]; /* network order; 4 bytes of it for IPv4 */
  uint16_t port;
  uint8_t family; /* 4, 6, or 0 when unknown */
} wss__endpoint;

/* Reads a numeric IPv4 or IPv6 address (scope ids included) and a port of 0 to
   65535, else WSS_ERR_INVALID. */
int wss__address_parse(const char *host, int port,
                       struct sockaddr_storage *address);

wss__endpoint wss__endpoint_of(const struct sockaddr_storage *address);
wss_address wss__endpoint_text(const wss__endpoint *endpoint);

/* A number for those who count by peer: of the IPv4 address, or of the IPv6 /64
   network, from which one peer may choose its addresses. 0 when unknown. */
uint64_t wss__endpoint_network(const wss__endpoint *endpoint);

#endif
