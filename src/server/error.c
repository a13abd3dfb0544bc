#include "base/error.h"

#include "net/loop.h"
#include "wss/wss.h"

const char *wss_strerror(int error) {
  const char *text = wss__error_text(error);
  if (error >= 0)
    return "success";
  return text != NULL ? text : wss__loop_strerror(error);
}

const char *wss_err_name(int error) {
  const char *name = wss__error_name(error);
  if (error >= 0)
    return "OK";
  return name != NULL ? name : wss__loop_err_name(error);
}

#define TEXT(x) #x
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *wss_version(void) {
  return VERSION(WSS_VERSION_MAJOR, WSS_VERSION_MINOR, WSS_VERSION_PATCH);
}
