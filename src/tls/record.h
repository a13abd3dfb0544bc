/* Records of an established connection, sealed and opened in place: TLS 1.3
   (RFC 8446 5) and the AEAD suites of TLS 1.2 (RFC 5246 6.2.3.3, 5288, 7905).
 */
#ifndef WSS_TLS_RECORD_H
#define WSS_TLS_RECORD_H

#include "tls/alert.h"
#include "tls/channel.h"
#include "tls/failure.h"
#include "tls/keys.h"

/* The largest record that is taken: its explicit nonce, or the type of its
   content, and its tag come on top. */
#define WSS__TLS_RECORD_MAX                                                    \
  (WSS__TLS_HEADER_SIZE + WSS__TLS_PLAIN_MAX + 8 + WSS__AEAD_TAG)

enum {
  WSS__TLS_CHANGE_CIPHER_SPEC = 20,
  WSS__TLS_ALERT = 21,
  WSS__TLS_HANDSHAKE = 22,
  WSS__TLS_DATA_TYPE = 23
};

/* All that protects the records of a connection; nothing else needs to be known
   to go on with it. */
typedef struct wss__tls_record_state {
  const wss__tls_suite *suite;
  wss__tls_traffic read;
  wss__tls_traffic write;
} wss__tls_record_state;

/* What was in a record. */
typedef struct wss__tls_content {
  uint8_t type;
  uint8_t *data;
  size_t size;
} wss__tls_content;

/* Judges a header; *length is what follows it. 0; WSS_ERR_TLS: failure says
   why, and in sent which alert is to answer. */
int wss__tls_record_length(const wss__tls_suite *suite,
                           const uint8_t header[WSS__TLS_HEADER_SIZE],
                           size_t *length, wss__tls_failure *failure);

/* Opens a whole record whose header was judged. schedule is the read key's.
   0; WSS_ERR_TLS as above. */
int wss__tls_record_open(wss__tls_record_state *state, const wss__aead *aead,
                         void *schedule, uint8_t *record,
                         wss__tls_content *content, wss__tls_failure *failure);

/* Where the content of a record begins that is to be sealed, and how large the
   record will be. */
size_t wss__tls_record_offset(const wss__tls_suite *suite);
size_t wss__tls_record_size(const wss__tls_suite *suite, size_t size);

/* Seals size bytes of content, at most WSS__TLS_PLAIN_MAX, that lie at their
   offset in record. schedule is the write key's. 0; WSS_ERR_TLS: the sequence
   numbers are used up, or the provider failed. */
int wss__tls_record_seal(wss__tls_record_state *state, const wss__aead *aead,
                         void *schedule, uint8_t type, uint8_t *record,
                         size_t size);

#endif
