#include "tls/failure.h"

#include "tls/alert.h"
#include "tls/code.h"

void wss__tls_failure_describe(const wss__tls_failure *failure,
                               wss__detail *detail) {
  char text[WSS__TLS_CODE_TEXT_SIZE];
  if (failure->alert >= 0) {
    wss__detail_set(detail, "peer sent alert %d %s%s", failure->alert,
                    wss__tls_alert_name(failure->alert),
                    wss__tls_alert_hint(failure->alert));
    return;
  }
  if (failure->text != NULL) {
    wss__detail_set(detail, "%s", failure->text);
    return;
  }
  wss__tls_code_text(failure->code, text);
  wss__detail_set(detail, "Mbed TLS: %s", text);
}
