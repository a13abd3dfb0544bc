/* Compiled where cmake found no fast provider. */
#include "tls/aead.h"

const wss__aead *wss__aead_fast(void) {
  return NULL;
}
