/* The server's side of the opening handshake (RFC 6455 4.2). */
#ifndef WSS_WS_HANDSHAKE_H
#define WSS_WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "http/request.h"
#include "http/response.h"
#include "wss/wss.h"

/* Sec-WebSocket-Accept's value and a NUL. */
#define WSS__ACCEPT_SIZE 29

/* Whether the request has to be judged as a handshake: it has an Upgrade field
   or any field whose name begins with Sec-WebSocket-. */
bool wss__handshake_asked(const wss_request *request);

/* Judges it. 0: accept holds the answer to the key, request->subprotocols is
   filled from Sec-WebSocket-Protocol (several lines too; tokens, none twice).
   WSS_ERR_HANDSHAKE with the refusal filled (400; 405 for HEAD; 426 with
   Upgrade for a missing upgrade, with Sec-WebSocket-Version: 13 for another
   version); the sentence says which header is wrong and, where a proxy may have
   removed it, says so. WSS_ERR_NOMEM. */
int wss__handshake_check(wss__request *request, char accept[WSS__ACCEPT_SIZE],
                         wss__refusal *refusal);

/* The Origin rule (RFC 6455 10.2). origins NULL: an Origin that is sent must
   have the host name of the Host field (case, scheme and port do not count;
   IPv6 literals compare as text); "null", several and unparsable ones are
   refused. Otherwise the list of allowed ones: "*" for all,
   "scheme://host[:port]" compared whole without case, or "host[:port]" compared
   with what follows the scheme ("host" alone matches any port). A request
   without Origin passes. 0, or WSS_ERR_ORIGIN with the refusal (403) whose
   sentence names the Origin, the Host and the option `origins`, and says that a
   proxy must pass Host on. */
int wss__handshake_origin(const wss_request *request,
                          const char *const *origins, wss__refusal *refusal);

/* The first of the server's list (NULL-terminated, may be NULL) that was
   offered; NULL if none. Case counts. */
const char *wss__handshake_subprotocol(const wss_request *request,
                                       const char *const *subprotocols);
bool wss__handshake_offered(const wss_request *request,
                            const char *subprotocol);

/* Appends the 101 response; subprotocol may be NULL, the headers have been
   checked. 0, WSS_ERR_NOMEM or WSS_ERR_TOO_BIG. */
int wss__handshake_pack(wss__buf *out, const wss_allocator *allocator,
                        const char *accept, const char *subprotocol,
                        const wss_header *headers, size_t header_count);

#endif
