/* What the program is told beside its messages: ends and warnings. */
#ifndef WSS_SERVER_REPORT_H
#define WSS_SERVER_REPORT_H

#include <stdbool.h>

#include "server/conn.h"
#include "server/server.h"

/* Has on_error report a warning about a listener from the next turn on;
   dropped when out of memory, since last_error tells it too. */
void wss__report_warning(wss_listener *listener, int error,
                         const char *message);
/* Does so for each warning that was found; last_error tells the first, and how
   many more there are. Without a listener that is all. */
void wss__report_findings(wss_server *server, wss_listener *listener,
                          const wss__findings *findings);
/* Reports those that wait; true if their callbacks have caused others. */
bool wss__report_warnings(wss_server *server);
/* A listener goes: its warnings are still told, without naming it. */
void wss__report_forget(wss_listener *listener);

/* Reports what befalls a listener at once. */
void wss__report_listener(wss_listener *listener, int error,
                          const char *message);

/* A connection's end: on_close if it had come as far as on_request, else
   on_error, unless nothing went wrong. Counts it. */
void wss__report_end(wss_conn *conn);

#endif
