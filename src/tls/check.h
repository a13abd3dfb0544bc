/* A set-up looked through without being used. */
#ifndef WSS_TLS_CHECK_H
#define WSS_TLS_CHECK_H

#include "base/alloc.h"
#include "tls/findings.h"
#include "wss/wss.h"

/* Adds everything that is found, going on after errors. WSS_ERR_NOMEM, or 0. */
int wss__tls_check(wss__findings *findings, const wss_ssl_context *ssl,
                   const wss_allocator *allocator);

#endif
