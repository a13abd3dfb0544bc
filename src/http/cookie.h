/* Cookies as a client sends them (RFC 6265 4.2). */
#ifndef WSS_HTTP_COOKIE_H
#define WSS_HTTP_COOKIE_H

#include <stddef.h>

/* The value of a cookie in one Cookie line, not NUL-terminated; its size goes
   to *size. NULL if it is not there. */
const char *wss__cookie_find(const char *line, const char *name, size_t *size);

#endif
