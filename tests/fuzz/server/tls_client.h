/* Mbed TLS's client as a transport of the machine. */
#ifndef WSS_FUZZ_TLS_CLIENT_H
#define WSS_FUZZ_TLS_CLIENT_H

#include "server/machine.h"

/* The path of a file of the test certificates, whose folder is in WSS_PKI. */
void fuzz_pki(char *path, size_t size, const char *name);

/* The random numbers begin anew. */
void fuzz_tls_restart(void);

/* how: 0 TLS 1.3, 1 TLS 1.2, 2 any; above 2 there is no client, and what is
   sent goes to the socket as it is. */
void fuzz_tls_open(machine_peer *peer, uint8_t how);
void fuzz_tls_pump(machine_peer *peer);
void fuzz_tls_send(machine_peer *peer, const uint8_t *bytes, size_t size);

/* By a modulo 6: 0 sends bytes past the client, 1 seals them as a record of
   type b, 2 sends the alert b, 3 sends close_notify; what the client sends next
   is 4 changed at byte b, 5 sent in two pieces, the first of them b bytes. */
size_t fuzz_tls_break(machine_peer *peer, uint8_t a, uint8_t b,
                      const uint8_t *bytes, size_t size);
void fuzz_tls_check(machine_peer *peer);
void fuzz_tls_close(machine_peer *peer);

#endif
