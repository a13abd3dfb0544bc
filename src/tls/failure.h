/* Why TLS failed, small while nobody asks. */
#ifndef WSS_TLS_FAILURE_H
#define WSS_TLS_FAILURE_H

#include "base/error.h"

typedef struct wss__tls_failure {
  int code;         /* Mbed TLS's, 0 if it was not Mbed TLS that failed */
  int alert;        /* the peer's fatal alert, -1 if there was none */
  int sent;         /* our fatal alert, likewise */
  const char *text; /* static and ours, NULL to use Mbed TLS's */
} wss__tls_failure;

/* One sentence. */
void wss__tls_failure_describe(const wss__tls_failure *failure,
                               wss__detail *detail);

#endif
