/* A stream of frames: the events are those of a second reading of RFC 6455, and
   the same however the stream is cut; memory follows what was received, never
   what was announced; out of memory is an end like another.

   Settings: bits 0-2 max_message_size, 3 events stop the feed, 4-5 what the
   owner does in its first message, 6 from the failing allocation on all fail, 7
   four fragments are allowed. */
#include <stdlib.h>
#include <string.h>

#include "support/allocator.h"
#include "support/input.h"
#include "support/reference_session.h"
#include "ws/session.h"

typedef struct run {
  wss__session session;
  test_allocator memory;
  fuzz_log log;
  const fuzz_rules *rules;
  bool stop;    /* what events answer */
  bool stopped; /* one did, in this feed */
  int errors;
} run;

static bool on_message(void *owner, wss_type type, const uint8_t *data,
                       size_t size) {
  run *it = owner;
  fuzz_log_event(&it->log, FUZZ_MESSAGE, (int)type, data, size);
  if (it->rules->act == FUZZ_CLOSE)
    CHECK(wss__session_close(&it->session, 4000, "bye", 3) == 0);
  if (it->rules->act == FUZZ_FAIL)
    CHECK(wss__session_fail(&it->session, WSS_ERR_TIMEOUT, "late") ==
          WSS_ERR_TIMEOUT);
  it->stopped = it->stop;
  return !it->stop;
}

static bool on_pong(void *owner, const uint8_t *data, size_t size) {
  run *it = owner;
  fuzz_log_event(&it->log, FUZZ_PONG, 0, data, size);
  it->stopped = it->stop;
  return !it->stop;
}

static void on_send(void *owner, wss__opcode opcode, const uint8_t *payload,
                    size_t size) {
  run *it = owner;
  CHECK(size <= 125);
  fuzz_log_event(&it->log, FUZZ_SEND, (int)opcode, payload, size);
}

static const wss__session_events events = {on_message, on_pong, on_send};

/* A buffer grows by doubling, and while it is moved both places exist. */
static void check_memory(run *it, size_t received) {
  CHECK(it->memory.bytes <= 2 * received + 512);
  CHECK(it->memory.peak <= 3 * received + 512);
  if (it->rules->max_message_size < SIZE_MAX / 4)
    CHECK(it->memory.bytes <= it->rules->max_message_size + 512);
}

/* Feeds a piece, and again what an event left of it. */
static int feed(run *it, uint8_t *piece, size_t size) {
  size_t at = 0;
  int result;
  do {
    size_t used = SIZE_MAX;
    it->stopped = false;
    result = wss__session_feed(&it->session, piece + at, size - at, &used);
    CHECK(used <= size - at);
    CHECK(used == size - at || (it->stopped && result == 0));
    at += used;
  } while (at < size);
  if (result != 0) {
    CHECK(++it->errors == 1);
    CHECK(it->session.why != NULL && it->session.code_sent != 0);
    fuzz_log_event(&it->log, FUZZ_ERROR, result, NULL, 0);
  }
  return result;
}

/* Feeds the whole stream. Returns the error, if there was one. */
static int play(run *it, fuzz_input input, bool cut, const fuzz_rules *rules,
                fuzz_rest rest) {
  int error = 0;
  memset(&it->session, 0, sizeof it->session);
  it->rules = rules;
  it->errors = 0;
  it->stop = (input.settings & 0x08) != 0;
  wss__session_init(&it->session, &it->memory.functions,
                    rules->max_message_size, rules->max_fragments, &events, it);
  while (input.at < input.size) {
    size_t size;
    uint8_t *piece = fuzz_next(&input, cut, &size);
    int result = feed(it, piece, size);
    free(piece);
    error = result != 0 ? result : error;
    check_memory(it, input.at);
    test_allocator_mark(&it->memory);
  }
  if (rest != FUZZ_OVER && error == 0)
    CHECK(wss__session_unfinished(&it->session) == (rest == FUZZ_WITHIN));
  CHECK(wss__session_reason(&it->session).size <= 123);
  wss__session_free(&it->session);
  CHECK(it->memory.blocks == 0);
  return error;
}

/* What is behind the last event before the memory ran out: Close and error. */
#define TAIL (3 * sizeof(int64_t) + 2 + 3 * sizeof(int64_t))

/* Without memory at one place: the same events up to there. */
static void play_failing(const fuzz_input *input, const fuzz_rules *rules,
                         fuzz_rest rest, const fuzz_log *expected) {
  run failing;
  memset(&failing, 0, sizeof failing);
  test_allocator_init(&failing.memory);
  test_allocator_fail(&failing.memory, input->fail_at,
                      (input->settings & 0x40) != 0);
  if (play(&failing, *input, true, rules, rest) == WSS_ERR_NOMEM) {
    CHECK(failing.memory.failures > 0);
    failing.log.size -= failing.log.size < TAIL ? failing.log.size : TAIL;
    CHECK(failing.log.size <= expected->size);
    CHECK(failing.log.size == 0 ||
          memcmp(failing.log.bytes, expected->bytes, failing.log.size) == 0);
  } else {
    fuzz_log_compare(&failing.log, expected);
  }
  fuzz_log_free(&failing.log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint64_t limits[] = {1,     125,       126,          1000,
                                    65535, INT64_MAX, SIZE_MAX - 1, UINT64_MAX};
  fuzz_input input;
  fuzz_rules rules;
  fuzz_log expected = {NULL, 0, 0};
  fuzz_rest rest;
  run whole;
  run pieces;
  if (!fuzz_input_read(&input, data, size))
    return 0;
  rules.max_message_size = limits[input.settings & 7];
  rules.max_fragments = (input.settings & 0x80) != 0 ? 4 : UINT64_MAX;
  rules.act = (fuzz_act)((input.settings >> 4 & 3) % FUZZ_ACTS);
  rest = reference_session(&expected, &rules, input.bytes, input.size);

  memset(&whole, 0, sizeof whole);
  test_allocator_init(&whole.memory);
  (void)play(&whole, input, false, &rules, rest);
  fuzz_log_compare(&whole.log, &expected);
  fuzz_log_free(&whole.log);

  memset(&pieces, 0, sizeof pieces);
  test_allocator_init(&pieces.memory);
  (void)play(&pieces, input, true, &rules, rest);
  fuzz_log_compare(&pieces.log, &expected);
  fuzz_log_free(&pieces.log);

  if (input.fail_at != 0)
    play_failing(&input, &rules, rest, &expected);
  fuzz_log_free(&expected);
  return 0;
}
