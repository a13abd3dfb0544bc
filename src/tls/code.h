/* Mbed TLS's error codes: a high-level one, often with a low-level one added.
 */
#ifndef WSS_TLS_CODE_H
#define WSS_TLS_CODE_H

#include <stdbool.h>
#include <stddef.h>

/* The high-level part, as Mbed TLS's headers define it. */
int wss__tls_code_high(int code);

bool wss__tls_code_is_nomem(int code);

/* Whether it was the peer's certificate. */
bool wss__tls_code_is_certificate(int code);

#define WSS__TLS_CODE_TEXT_SIZE 128
/* Mbed TLS's text for a code, cut to the room. */
void wss__tls_code_text(int code, char text[WSS__TLS_CODE_TEXT_SIZE]);

#endif
