/* A server that runs, as a client sees it. */
#ifndef WSS_PROGRAMS_LOOK_H
#define WSS_PROGRAMS_LOOK_H

#include "programs/options.h"

/* Prints everything; returns what the program returns. */
int wss__look(const wss__check_options *options);

#endif
