#include "echo_page.h"

#include <stddef.h>
#include <string.h>

#if __has_include("page.h")
#include "page.h" /* page.html: see embed.cmake */
#else
/* Compiled by hand, without CMake. */
#define PAGE_STYLE "'none'"
#define PAGE_SCRIPT "'none'"
static const unsigned char page[] = "<!doctype html><title>libwss echo</title>"
                                    "<p>WebSocket is served at this address.";
#endif

static const wss_header headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src " PAGE_STYLE "; script-src " PAGE_SCRIPT
     "; img-src data:; connect-src 'self' ws: wss:; base-uri 'none'"
     "; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
};

void echo_page_answer(wss_conn *conn, const wss_request *request, void *user) {
  const wss_reply html = {
      .headers = headers,
      .header_count = sizeof headers / sizeof headers[0],
      .content_type = "text/html; charset=utf-8",
      .body = page,
      .body_size = sizeof page - 1,
  };
  const wss_reply ok = {.body = "ok", .body_size = 2};
  (void)user;
  if (strcmp(request->path, "/") == 0)
    wss_respond(conn, 200, &html);
  else if (strcmp(request->path, "/health") == 0)
    wss_respond(conn, 200, &ok);
  /* Anything else goes unanswered here and is 404. */
}
