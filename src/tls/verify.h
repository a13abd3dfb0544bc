/* Client certificates (verify_peer): how they are verified. */
#ifndef WSS_TLS_VERIFY_H
#define WSS_TLS_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tls/anchors.h"
#include "tls/findings.h"
#include "wss/wss.h"

#define WSS__TLS_PIN_SIZE 32 /* SHA-256 */

/* Of a listener. Mbed TLS keeps pointers to it: it must outlive the
   configuration, and stay where it is. */
typedef struct wss__tls_verify {
  bool on;          /* verify_peer */
  bool anchored;    /* there are trust anchors */
  bool self_signed; /* allow_self_signed */
  int depth;        /* verify_depth */
  wss__tls_anchors anchors;
  mbedtls_x509_crt_profile profile;
  uint8_t (*pins)[WSS__TLS_PIN_SIZE]; /* peer_fingerprint */
  size_t pin_count;
  char *name; /* peer_name; NULL: any */
} wss__tls_verify;

void wss__tls_verify_init(wss__tls_verify *verify);
/* Reads and loads the options; level is security_level. 0, or with detail
   WSS_ERR_INVALID, _CA_READ, _CA_PARSE, _CRL; _NOMEM. Warnings are among
   the findings. */
int wss__tls_verify_load(wss__tls_verify *verify, const wss_ssl_context *ssl,
                         int level, wss__findings *findings,
                         const wss_allocator *allocator, wss__detail *detail);
void wss__tls_verify_free(wss__tls_verify *verify,
                          const wss_allocator *allocator);

/* Makes a configuration ask for certificates. */
void wss__tls_verify_configure(wss__tls_verify *verify,
                               mbedtls_ssl_config *config);

/* One client's: Mbed TLS asks for the certificate and builds its chain, and
   tells what it finds; what that means is decided here, since Mbed TLS knows
   fewer alerts than there are (docs/tls.md). */
typedef struct wss__tls_check {
  const wss__tls_verify *verify;
  uint32_t above; /* what was found about the CAs of the chain */
  int top;        /* the highest one's depth */
  bool looked_at; /* wss__tls_check_message was called */
  bool seen;      /* there was a certificate */
  bool accepted;
  uint8_t alert; /* if it was refused */
  wss__detail why;
} wss__tls_check;

/* For a new connection; freed with wss__free. 0 or WSS_ERR_NOMEM. */
int wss__tls_check_new(wss__tls_check **check, const wss__tls_verify *verify,
                       mbedtls_ssl_context *ssl,
                       const wss_allocator *allocator);

/* Before Mbed TLS takes the client's Certificate message: whether it may. If
   not, alert and why say what to tell. 1, 0, WSS_ERR_NOMEM. */
int wss__tls_check_message(wss__tls_check *check, const uint8_t *message,
                           size_t size, bool tls13);

/* Once the client had to show its certificate: whether it may go on. If not,
   alert and why say what to tell. */
bool wss__tls_check_passed(wss__tls_check *check, bool tls13);

#endif
