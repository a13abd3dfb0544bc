/* A3 in a session: each header in two reads, cut everywhere. */
#include <string.h>

#include "frame_reference.h"
#include "support/session_log.h"

/* What a session makes of a header without a message under way. */
static int expected(const uint8_t *data, size_t size) {
  uint64_t length = 0;
  int result = ref_frame(data, size, &length);
  if (result > 0 && (data[0] & 15) == 0)
    return WSS_ERR_PROTOCOL; /* continues nothing */
  if (result > 0 && data[0] == TEST_CLOSE && length == 1)
    return 0; /* once its payload is there */
  return result < 0 ? result : 0;
}

static bool ignore_message(void *owner, wss_type type, const uint8_t *data,
                           size_t size) {
  (void)type;
  (void)data;
  assert_int_equal(size, 0);
  *(int *)owner += 1;
  return true;
}

static bool ignore_pong(void *owner, const uint8_t *data, size_t size) {
  return ignore_message(owner, WSS_BINARY, data, size);
}

static void ignore_send(void *owner, wss__opcode opcode, const uint8_t *payload,
                        size_t size) {
  (void)payload;
  assert_true(opcode == WSS__CLOSE || size == 0);
  *(int *)owner += 1;
}

static const wss__session_events events = {ignore_message, ignore_pong,
                                           ignore_send};

static void agree(const uint8_t *header, size_t size, size_t cut) {
  uint8_t data[14];
  wss__session session;
  size_t used;
  int happened = 0;
  int first;
  int result;
  int wanted = expected(header, cut);
  memcpy(data, header, size);
  wss__session_init(&session, &wss__default_allocator, UINT64_MAX, UINT64_MAX,
                    &events, &happened);
  first = wss__session_feed(&session, data, cut, &used);
  result = first;
  if (first == 0) {
    result = wss__session_feed(&session, data + cut, size - cut, &used);
    wanted = expected(header, size);
  }
  if (result != wanted)
    fail_msg("%02x %02x of %zu bytes, cut at %zu: %d instead of %d", header[0],
             header[1], size, cut, result, wanted);
  /* An error sends a Close frame; so does an empty one; an empty frame that is
     whole is a message, a Pong to send, a Pong. */
  assert_int_equal(happened,
                   result < 0 || (header[0] >= 0x80 && (header[1] & 127) == 0));
  wss__session_free(&session);
}

static void a3_every_first_two_bytes_cut_everywhere(void **state) {
  unsigned first;
  (void)state;
  for (first = 0; first < 65536; first++) {
    size_t i;
    for (i = 0; i < ref_length_count(first); i++) {
      uint8_t header[14];
      size_t size = ref_header(header, first, ref_lengths[i]);
      size_t cut;
      for (cut = 0; cut <= size; cut++)
        agree(header, size, cut);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a3_every_first_two_bytes_cut_everywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
