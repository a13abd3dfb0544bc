/* The names that a certificate is for: its subjectAltName (RFC 5280 4.2.1.6).
 */
#ifndef WSS_TLS_NAMES_H
#define WSS_TLS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <mbedtls/x509_crt.h>

/* Writes host names and addresses as "a.org, 192.0.2.1", as many as there is
   room for and then how many more there are; returns how many there are.
   Other kinds, which no client of TLS looks for, do not count. */
size_t wss__tls_names_text(const mbedtls_x509_crt *cert, char *text,
                           size_t size);

/* The subject's or the issuer's name as text, cut to size. */
void wss__tls_names_subject(const mbedtls_x509_crt *cert, char *text,
                            size_t size);
void wss__tls_names_issuer(const mbedtls_x509_crt *cert, char *text,
                           size_t size);

/* Whether issuer and subject are the same: self-signed, if it is genuine. */
bool wss__tls_names_self_issued(const mbedtls_x509_crt *cert);

#endif
