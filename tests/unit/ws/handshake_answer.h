/* What the engine answers to the bytes of an opening handshake. */
#ifndef WSS_TEST_HANDSHAKE_ANSWER_H
#define WSS_TEST_HANDSHAKE_ANSWER_H

#include <string.h>

#include "handshake_reference.h"
#include "support/http_request.h"
#include "ws/handshake.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The most that may be held of one that is refused. */
#define HELD (12 * 1024)

typedef struct text {
  char bytes[16384];
  size_t size;
} text;

static void add(text *to, const void *bytes, size_t size) {
  assert_true(size <= sizeof to->bytes - to->size);
  memcpy(to->bytes + to->size, bytes, size);
  to->size += size;
}

static void add_text(text *to, const char *bytes) {
  add(to, bytes, strlen(bytes));
}

/* One line of ASCII that says something. */
static bool is_sentence(const char *sentence) {
  size_t size = strlen(sentence);
  size_t i;
  for (i = 0; i < size; i++) {
    if (sentence[i] < ' ' || sentence[i] > '~')
      return false;
  }
  return size > 10 && sentence[size - 1] == '.';
}

/* The status of the answer to what arrives in pieces of that size; *used is how
   much of it was the head. */
static int answer(const text *sent, size_t piece, size_t *used) {
  char accept[WSS__ACCEPT_SIZE];
  test_request it;
  int status = 101;
  int result;
  test_request_begin(&it, 8192);
  result = test_request_pieces(&it, sent->bytes, sent->size, piece);
  if (result == 1)
    result = wss__handshake_check(it.request, accept, &it.refusal);
  if (result < 0) {
    assert_in_range(it.memory.bytes, 1, HELD);
    assert_true(is_sentence(it.refusal.detail.text));
    assert_int_equal(it.refusal.error,
                     it.shown != NULL ? WSS_ERR_HANDSHAKE : WSS_ERR_HTTP);
    status = it.refusal.status;
  } else if (it.shown == NULL) {
    status = 0; /* more is waited for */
  }
  *used = it.used;
  test_request_end(&it);
  return status;
}

#endif
