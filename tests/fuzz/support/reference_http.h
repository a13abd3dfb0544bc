/* HTTP heads once more, read whole and by splitting: requests as strictly as
   libwss says it reads them, and the responses that libwss writes. */
#ifndef WSS_FUZZ_REFERENCE_HTTP_H
#define WSS_FUZZ_REFERENCE_HTTP_H

#include "support/text.h"

typedef struct reference_request {
  size_t size; /* of the head, with an empty line in front; 0: incomplete */
  bool valid;  /* nothing in the complete head is wrong */
  text method;
  text target;
  text path; /* may lack its first slash */
  text query;
  bool has_query;
  text host; /* of the Host field, without the port */
  fields all;
} reference_request;

/* Looks for a head of at most max_size bytes, and reads it. */
void reference_request_read(reference_request *request, const uint8_t *bytes,
                            size_t size, size_t max_size);

/* The host of an authority "host[:port]" (RFC 3986 3.2); false if it is none.
 */
bool reference_authority(text authority, text *host, text *port);

typedef struct reference_response {
  int status;
  fields all;
  text body;
} reference_response;

/* Fails unless these bytes are one response of the library's: a status line, no
   field twice, a body as long as Content-Length says, nothing behind it. head:
   it answers a HEAD request. */
void reference_response_read(reference_response *response, const uint8_t *bytes,
                             size_t size, bool head);

/* Fails unless it is the refusal with that status and sentence. */
void reference_refusal(const uint8_t *bytes, size_t size, int status,
                       const char *sentence);

#endif
