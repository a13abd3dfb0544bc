/* Request targets (RFC 9112 3.2) and authorities (RFC 3986 3.2). */
#ifndef WSS_HTTP_TARGET_H
#define WSS_HTTP_TARGET_H

#include <stdbool.h>

#include "base/str.h"
#include "http/response.h"

/* Checks a request target and the Host field against each other, and points
   path at the target's path and query (empty for "http://host"). 0, or
   WSS_ERR_HTTP with the refusal (400). */
int wss__target_path(const char *target, const char *host, const char **path,
                     wss__refusal *refusal);

/* The host name of an authority "host[:port]" (RFC 3986 3.2.2), brackets of an
   IPv6 address included; false if it is not a valid one. port is what follows
   the colon, empty without one. */
bool wss__authority_split(wss__slice authority, wss__slice *host,
                          wss__slice *port);

#endif
