/* A certificate authority for development, and certificates of it. */
#ifndef WSS_PROGRAMS_MAKE_H
#define WSS_PROGRAMS_MAKE_H

#include "programs/options.h"

/* Makes what is missing in the folder; returns what the program returns. */
int wss__make(const wss__check_options *options);

#endif
