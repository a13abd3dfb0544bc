/* The echo program's page. */
#ifndef ECHO_PAGE_H
#define ECHO_PAGE_H

#include <wss/wss.h>

/* Answers a GET or HEAD: "/" is the page, "/health" is "ok". */
void echo_page_answer(wss_conn *conn, const wss_request *request, void *user);

#endif
