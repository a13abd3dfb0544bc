/* The opening handshake once more (RFC 6455 4.2), on a request that has been
   read by reference_http. */
#ifndef WSS_FUZZ_REFERENCE_HANDSHAKE_H
#define WSS_FUZZ_REFERENCE_HANDSHAKE_H

#include "support/reference_http.h"

/* Whether there is a field that only a handshake has. */
bool reference_handshake_asked(const reference_request *request);

/* Whether a server may accept it. */
bool reference_handshake_valid(const reference_request *request);

/* Sec-WebSocket-Accept for the request's key, with a NUL. */
void reference_accept(const reference_request *request, char accept[29]);

/* Whether the rule of wss_options.origins allows the request's Origin. */
bool reference_origin_allowed(const reference_request *request,
                              const char *const *origins);

/* Whether Sec-WebSocket-Protocol offers it, case counting. */
bool reference_offered(const reference_request *request, const char *protocol);

#endif
