/* Groups that keys are exchanged in (RFC 8446 4.2.7), which PHP and OpenSSL
   call curves. */
#ifndef WSS_TLS_GROUPS_H
#define WSS_TLS_GROUPS_H

#include <stdint.h>

#include "base/error.h"
#include "tls/suites.h"

#define WSS__TLS_GROUPS 5

/* From this security level on they have 192 bits. */
#define WSS__TLS_LEVEL_192 4

/* Reads a list into ids, which have room for WSS__TLS_GROUPS and a 0 at their
   end; without text it is the level's default. 0, or with detail
   WSS_ERR_CIPHERS. */
int wss__tls_groups_parse(const wss__tls_list *list, uint16_t *ids,
                          wss__detail *detail);

#endif
