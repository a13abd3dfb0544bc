/* Findings on a terminal. */
#ifndef WSS_PROGRAMS_TELL_H
#define WSS_PROGRAMS_TELL_H

#include <stdbool.h>
#include <stddef.h>

#include "tls/findings.h"
#include "wss/wss.h"

/* One finding; user points to a wss__tally. */
typedef struct wss__tally {
  size_t counts[3];
  bool quiet;
} wss__tally;
void wss__tell_finding(const wss_finding *finding, void *user);

/* All of a list, the most severe first. */
void wss__tell_findings(const wss__findings *findings, wss__tally *tally);

/* A last line; returns what the program returns. */
int wss__tell_verdict(const wss__tally *tally);

/* Prints bytes from elsewhere: control bytes become '?'. */
void wss__tell_bytes(const char *bytes, size_t size);

#endif
