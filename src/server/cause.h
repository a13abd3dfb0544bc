/* Why connections end. */
#ifndef WSS_SERVER_CAUSE_H
#define WSS_SERVER_CAUSE_H

#include "wss/wss.h"

/* Who begins an end of that cause. */
wss_initiator wss__cause_initiator(wss_cause cause);

/* A few words; never NULL. */
const char *wss__cause_text(wss_cause cause);

#endif
