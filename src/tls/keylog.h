/* The secrets of connections in a file, as Wireshark reads them (NSS key log,
   SSLKEYLOGFILE): for debugging. */
#ifndef WSS_TLS_KEYLOG_H
#define WSS_TLS_KEYLOG_H

#include "base/error.h"

struct wss__tls_engine;

/* Opens a file to append to, or makes it; nobody but this user may read it. 0,
   or WSS_ERR_KEYLOG_WRITE with detail. */
int wss__tls_keylog_open(int *descriptor, const char *path,
                         wss__detail *detail);
/* descriptor may be -1. */
void wss__tls_keylog_close(int descriptor);
/* Writes the sentence that a program is warned with. */
void wss__tls_keylog_warn(const char *path, wss__detail *detail);

/* Writes the secrets of an engine's handshake to its context's file, and goes
   on handing them to the takeover; before it starts, behind
   wss__tls_takeover_prepare. */
void wss__tls_keylog_attach(struct wss__tls_engine *engine);

#endif
