/* Sec-WebSocket-Extensions (RFC 6455 9.1). */
#ifndef WSS_WS_EXTENSION_H
#define WSS_WS_EXTENSION_H

#include <stdbool.h>

#include "base/str.h"

/* Whether a value is a list of one or more extensions: tokens, each with
   parameters behind semicolons, whose values are tokens, quoted or not. */
bool wss__extensions_valid(wss__slice list);

#endif
