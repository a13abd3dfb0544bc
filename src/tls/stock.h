/* Mbed TLS's own record layer: mbedtls_ssl_read and mbedtls_ssl_write. */
#ifndef WSS_TLS_STOCK_H
#define WSS_TLS_STOCK_H

#include "tls/layer.h"

extern const wss__tls_layer wss__tls_stock;

#endif
