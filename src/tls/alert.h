/* Alerts (RFC 8446 6). */
#ifndef WSS_TLS_ALERT_H
#define WSS_TLS_ALERT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define WSS__TLS_HEADER_SIZE 5 /* of a record */

/* The name in RFC 8446 B.2 or an older RFC; "unknown" if there is none. */
const char *wss__tls_alert_name(int alert);

/* What a peer that sent this alert probably means, after a colon; or "". */
const char *wss__tls_alert_hint(int alert);

/* The fatal alert that answers a record which Mbed TLS did not take: header is
   the record's. */
uint8_t wss__tls_alert_for_record(const uint8_t header[WSS__TLS_HEADER_SIZE]);

/* The fatal alert that answers what made Mbed TLS fail with that code. */
uint8_t wss__tls_alert_for_code(int code,
                                const uint8_t header[WSS__TLS_HEADER_SIZE]);

/* Appends an unencrypted record with a fatal alert. 0, WSS_ERR_TOO_BIG,
   WSS_ERR_NOMEM. */
int wss__tls_alert_append(wss__buf *output, const wss_allocator *allocator,
                          uint8_t alert);

#endif
