#include "server/cause.h"

const char *wss_cause_name(wss_cause cause) {
  switch (cause) {
#define CASE(name, initiator, text)                                            \
  case name:                                                                   \
    return #name;
    WSS_CAUSE_MAP(CASE)
#undef CASE
  case WSS_CAUSE_NONE:
    break;
  }
  return "WSS_CAUSE_NONE";
}

const char *wss__cause_text(wss_cause cause) {
  switch (cause) {
#define CASE(name, initiator, text)                                            \
  case name:                                                                   \
    return text;
    WSS_CAUSE_MAP(CASE)
#undef CASE
  case WSS_CAUSE_NONE:
    break;
  }
  return "no reason is known";
}

wss_initiator wss__cause_initiator(wss_cause cause) {
  switch (cause) {
#define CASE(name, initiator, text)                                            \
  case name:                                                                   \
    return WSS_BY_##initiator;
    WSS_CAUSE_MAP(CASE)
#undef CASE
  case WSS_CAUSE_NONE:
    break;
  }
  return WSS_BY_LIBRARY;
}
