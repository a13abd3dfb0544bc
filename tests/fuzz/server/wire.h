/* What a peer has received, judged as its protocol. */
#ifndef WSS_FUZZ_WIRE_H
#define WSS_FUZZ_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* Fails unless the bytes are, as far as they go: one HTTP response, and if that
   is a 101 frames of a server's, with nothing behind a Close frame. */
void wire_check(const uint8_t *bytes, size_t size);

/* Fails unless the bytes are TLS records, as far as they go, or the HTTP
   response that plain HTTP is answered with. */
void wire_check_records(const uint8_t *bytes, size_t size);

#endif
