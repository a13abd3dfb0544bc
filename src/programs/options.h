/* The command line of wss-check. */
#ifndef WSS_PROGRAMS_OPTIONS_H
#define WSS_PROGRAMS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* What the program returns. */
enum { CHECK_FINE = 0, CHECK_WARNINGS = 1, CHECK_ERRORS = 2, CHECK_USAGE = 3 };

typedef struct wss__check_options {
  /* Files. */
  const char *cert, *key, *passphrase;
  /* A live server. */
  char host[256], port[8];
  const char *ca, *name, *address, *path;
  /* Development certificates. */
  const char *make;
  char **names; /* ends with NULL; as given, none for the usual ones */
  bool quiet;   /* no notes */
} wss__check_options;

/* False when there is nothing to do: the program returns *status. */
bool wss__check_options_parse(wss__check_options *options, char **argv,
                              int *status);

#endif
