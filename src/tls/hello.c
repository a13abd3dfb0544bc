#include "tls/hello.h"

#define VERSION_AND_RANDOM_SIZE (2 + 32)
#define CHOICE_SIZE (2 + 1) /* a ServerHello's cipher suite and compression */
#define HOST_NAME 0

/* Takes size bytes from the front of slice. */
static bool take(wss__tls_slice *slice, size_t size, wss__tls_slice *taken) {
  if (slice->size < size)
    return false;
  *taken = (wss__tls_slice){.data = slice->data, .size = size};
  slice->data += size;
  slice->size -= size;
  return true;
}

/* Takes a number of so many bytes. */
static bool take_number(wss__tls_slice *slice, size_t bytes, size_t *number) {
  wss__tls_slice taken;
  if (!take(slice, bytes, &taken))
    return false;
  *number = 0;
  for (size_t i = 0; i < bytes; i++)
    *number = *number << 8 | taken.data[i];
  return true;
}

/* Takes a vector whose length stands before it (RFC 8446 3.4). */
static bool take_vector(wss__tls_slice *slice, size_t bytes,
                        wss__tls_slice *vector) {
  size_t size;
  return take_number(slice, bytes, &size) && take(slice, size, vector);
}

/* Everything between the random and the extensions. */
static bool skip_to_extensions(wss__tls_slice *body, size_t message) {
  wss__tls_slice skipped;
  if (!take(body, VERSION_AND_RANDOM_SIZE, &skipped) ||
      !take_vector(body, 1, &skipped)) /* session id */
    return false;
  if (message == WSS__TLS_SERVER_HELLO)
    return take(body, CHOICE_SIZE, &skipped);
  return message == WSS__TLS_CLIENT_HELLO &&
         take_vector(body, 2, &skipped) && /* cipher suites */
         take_vector(body, 1, &skipped);   /* compression methods */
}

bool wss__tls_hello_extension(const uint8_t *message, size_t size,
                              unsigned type, wss__tls_slice *extension) {
  wss__tls_slice rest = {.data = message, .size = size};
  wss__tls_slice body;
  wss__tls_slice extensions;
  size_t kind;
  if (!take_number(&rest, 1, &kind) || !take_vector(&rest, 3, &body) ||
      !skip_to_extensions(&body, kind) || !take_vector(&body, 2, &extensions))
    return false;
  while (take_number(&extensions, 2, &kind) &&
         take_vector(&extensions, 2, extension)) {
    if (kind == type)
      return true;
  }
  return false;
}

bool wss__tls_hello_name(const wss__tls_slice *extension,
                         wss__tls_slice *name) {
  wss__tls_slice rest = *extension;
  wss__tls_slice names;
  size_t kind;
  return take_vector(&rest, 2, &names) && take_number(&names, 1, &kind) &&
         kind == HOST_NAME && take_vector(&names, 2, name);
}
