/* Request targets (RFC 9112 3.2) and authorities (RFC 3986 3.2). */
#ifndef WSS_HTTP_TARGET_H
#define WSS_HTTP_TARGET_H

#include <stdbool.h>

#include "base/str.h"
#include "http/request.h"

/* Checks the target and the Host field of a complete request, and fills path
   and query. 0, WSS_ERR_NOMEM, or WSS_ERR_HTTP with the refusal (400). */
int wss__target_split(wss__request *request, wss__refusal *refusal);

/* The host name of an authority "host[:port]" (RFC 3986 3.2.2), brackets of an
   IPv6 address included; false if it is not a valid one. port is what follows
   the colon, empty without one. */
bool wss__authority_split(wss__slice authority, wss__slice *host,
                          wss__slice *port);

#endif
