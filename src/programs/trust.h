/* What a client checks of the certificates that a server sends. */
#ifndef WSS_PROGRAMS_TRUST_H
#define WSS_PROGRAMS_TRUST_H

#include <mbedtls/x509_crt.h>

#include "tls/findings.h"

/* Reads the roots: of a file, or with NULL the system's; *from gets the file's
   name. 0, or -1 with detail. */
int wss__trust_load(mbedtls_x509_crt *roots, const char *file,
                    const char **from, wss__detail *detail);

/* Prints the chain, and adds what is found: whether it leads to a root, is for
   the name, and all that the library looks for. */
void wss__trust_check(wss__findings *findings, const mbedtls_x509_crt *chain,
                      const mbedtls_x509_crt *roots, const char *from,
                      const char *name, const wss__tls_file *server);

#endif
