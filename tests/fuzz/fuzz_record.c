/* The library's own record layer with fixed keys: records of a peer that breaks
   every rule, whole, cut and tampered with, against a second reading of RFC
   8446 5 and RFC 5246 6 and 7.2; what the layer writes is opened by the peer.

   An input is a byte for the suite, one for the size of pieces (0: all at
   once), and operations: kind, two numbers, and as many bytes of content as the
   second one says. As long as nothing is tampered with, what the layer makes of
   it is known to the byte. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "support/input.h"
#include "tls/takeover.h"

#define MOST 16385 /* of content: one byte too many */

enum { DATA = 'd', END = 'e', ALERT = 'a', PEERS_ALERT = 'p' };

typedef struct world {
  wss__tls_schedules schedules;
  wss__pool pool;
  wss__tls_records *records;
  wss__tls_record_state peer;
  wss__buf output;
  fuzz_log wire;     /* on its way to the layer */
  fuzz_log expected; /* events */
  fuzz_log got;
  size_t piece;
  bool ended; /* the layer is not to be called any more */
  bool dirty; /* something was tampered with */
  bool flip;  /* the next record is changed */
  uint16_t flip_at;
  /* The reference. */
  bool over;
  bool owed;
  uint8_t begun[5]; /* a message in several records */
  size_t begun_size;
  unsigned barren;
  unsigned answers;
  unsigned warnings; /* that the layer owes */
} world;

static uint8_t scratch[WSS__TLS_PLAIN_MAX];

/* ---- The peer -------------------------------------------------------------
 */

typedef struct schedule {
  alignas(WSS__AEAD_ALIGN) uint8_t bytes[4096];
} schedule;

static void expand(const world *it, schedule *to, const uint8_t *key) {
  memset(to, 0, sizeof *to);
  CHECK(wss__aead_mbedtls.expand(to, it->peer.suite->cipher, key) == 0);
}

static void seal(world *it, uint8_t type, const uint8_t *data, size_t size) {
  static uint8_t record[MOST + 64];
  const wss__tls_suite *suite = it->peer.suite;
  schedule expanded;
  expand(it, &expanded, it->peer.write.key);
  if (size > 0)
    memcpy(record + wss__tls_record_offset(suite), data, size);
  CHECK(wss__tls_record_seal(&it->peer, &wss__aead_mbedtls, &expanded, type,
                             record, size) == 0);
  wss__aead_mbedtls.wipe(&expanded);
  size_t whole = wss__tls_record_size(suite, size);
  if (it->flip) {
    record[it->flip_at / 8 % whole] ^= (uint8_t)(1 << it->flip_at % 8);
    it->dirty = true;
  }
  it->flip = false;
  fuzz_log_bytes(&it->wire, record, whole);
}

/* Takes the first record off the output; its content is in memory for the
   caller to free. */
static uint8_t *open_output(world *it, wss__tls_content *content) {
  schedule expanded;
  wss__tls_failure failure;
  const uint8_t *data = wss__buf_data(&it->output);
  CHECK(it->output.length >= WSS__TLS_HEADER_SIZE);
  size_t size = WSS__TLS_HEADER_SIZE + ((size_t)data[3] << 8 | data[4]);
  CHECK(size <= it->output.length && size <= WSS__TLS_RECORD_MAX);
  uint8_t *record = fuzz_copy(data, size);
  wss__buf_consume(&it->output, &wss__default_allocator, size);
  expand(it, &expanded, it->peer.read.key);
  CHECK(wss__tls_record_open(&it->peer, &wss__aead_mbedtls, &expanded, record,
                             content, &failure) == 0);
  wss__aead_mbedtls.wipe(&expanded);
  return record;
}

static void expect_alert(world *it, uint8_t level, uint8_t alert) {
  wss__tls_content content;
  uint8_t *record = open_output(it, &content);
  CHECK(content.type == 21 && content.size == 2);
  CHECK(content.data[0] == level && content.data[1] == alert);
  free(record);
}

/* ---- The reference --------------------------------------------------------
 */

static void event(fuzz_log *log, int what, const uint8_t *data, size_t size) {
  fuzz_log_number(log, what);
  fuzz_log_number(log, (int64_t)size);
  fuzz_log_bytes(log, data, size);
}

static void over(world *it, int what, uint8_t alert) {
  event(&it->expected, what, &alert, 1);
  it->over = true;
}

static void nothing(world *it) {
  if (++it->barren > 32)
    over(it, ALERT, 10);
}

static void alert_of_peer(world *it, const uint8_t *data, size_t size) {
  bool tls13 = it->peer.suite->tls13;
  if (size != 2)
    over(it, ALERT, size == 0 ? 10 : 50);
  else if (data[1] == 0)
    over(it, END, 0);
  else if (data[0] == 1 && (data[1] == 90 || !tls13))
    nothing(it);
  else if (tls13 || data[0] == 2)
    over(it, PEERS_ALERT, data[1]);
  else
    over(it, ALERT, 47);
}

static void message13(world *it, const uint8_t *data, size_t size) {
  static const uint8_t update[] = {24, 0, 0, 1};
  uint8_t whole[5 + 8];
  size_t length = it->begun_size;
  if (size == 0) {
    over(it, ALERT, 10);
    return;
  }
  memcpy(whole, it->begun, length);
  for (size_t i = 0; i < size && length < sizeof whole; i++)
    whole[length++] = data[i];
  for (size_t i = 0; i < length && i < sizeof update; i++) {
    if (whole[i] != update[i]) {
      over(it, ALERT, i == 0 ? 10 : 50);
      return;
    }
  }
  if (length >= 5 && whole[4] > 1) {
    over(it, ALERT, 47);
  } else if (length > 5) {
    over(it, ALERT, 10);
  } else if (length < 5) {
    memcpy(it->begun, whole, length);
    it->begun_size = length;
    nothing(it);
  } else {
    it->begun_size = 0;
    it->owed = it->owed || whole[4] == 1;
    CHECK(wss__tls_keys_update(it->peer.suite, &it->peer.write) == 0);
    nothing(it);
  }
}

static void message12(world *it, const uint8_t *data, size_t size) {
  if (size < 4 || data[0] != 1 ||
      (size_t)data[1] * 65536 + data[2] * 256u + data[3] + 4 != size ||
      ++it->answers > 32) {
    over(it, ALERT, 10);
    return;
  }
  it->warnings++;
  nothing(it);
}

/* What must become of a record that arrives as it was sent. */
static void judge(world *it, uint8_t type, const uint8_t *data, size_t size) {
  if (it->over || it->dirty)
    return;
  if (size > 16384) {
    over(it, ALERT, 22);
  } else if (it->begun_size > 0 && type != 22) {
    over(it, ALERT, 10);
  } else if (type == 23 && size == 0) {
    nothing(it);
  } else if (type == 23) {
    event(&it->expected, DATA, data, size);
    it->barren = 0;
  } else if (type == 21) {
    alert_of_peer(it, data, size);
  } else if (type == 22 && it->peer.suite->tls13) {
    message13(it, data, size);
  } else if (type == 22) {
    message12(it, data, size);
  } else {
    over(it, ALERT, 10);
  }
}

/* Content, type and zeros, as the peer may pad it (RFC 8446 5.4). */
static void put_padded(world *it, uint8_t type, const uint8_t *data,
                       size_t size, size_t zeros) {
  static uint8_t inner[MOST];
  size_t length = size + 1;
  if (zeros > sizeof inner - size - 1)
    zeros = sizeof inner - size - 1;
  memcpy(inner, data, size);
  inner[size] = type;
  memset(inner + size + 1, 0, zeros);
  seal(it, 0, inner, size + 1 + zeros);
  if (it->over || it->dirty)
    return;
  while (length > 0 && inner[length - 1] == 0)
    length--;
  if (size + 1 + zeros > 16384)
    over(it, ALERT, 22);
  else if (length == 0)
    over(it, ALERT, 10);
  else
    judge(it, inner[length - 1], inner, length - 1);
}

static void put(world *it, uint8_t type, const uint8_t *data, size_t size) {
  if (type == 0 && it->peer.suite->tls13) {
    put_padded(it, 0, data, size, 0);
    return;
  }
  seal(it, type, data, size);
  judge(it, type, data, size);
}

/* ---- The layer ------------------------------------------------------------
 */

static void failed(world *it, int result, const wss__tls_failure *failure) {
  uint8_t alert =
      (uint8_t)(failure->alert >= 0 ? failure->alert : failure->sent);
  CHECK(result == WSS_ERR_TLS);
  CHECK((failure->alert >= 0) != (failure->sent >= 0));
  CHECK(failure->alert >= 0 || failure->text != NULL);
  event(&it->got, failure->alert >= 0 ? PEERS_ALERT : ALERT, &alert, 1);
  it->ended = true;
  /* Warnings may stand before it; then one alert, unless the peer's ended it.
   */
  size_t last = failure->sent < 0 ? 0 : wss__tls_record_size(it->peer.suite, 2);
  while (it->output.length > last) {
    CHECK(it->dirty || it->warnings-- > 0);
    expect_alert(it, 1, 100);
  }
  if (failure->sent >= 0)
    expect_alert(it, 2, alert);
  CHECK(it->output.length == 0);
}

static void feed(world *it, const uint8_t *data, size_t size) {
  wss__tls_failure failure;
  uint8_t *copy = fuzz_copy(data, size);
  wss__tls_io io = {.input = copy,
                    .input_size = size,
                    .output = &it->output,
                    .scratch = scratch};
  int result = WSS__TLS_DATA;
  while (result == WSS__TLS_DATA) {
    result = wss__tls_takeover.read(it->records, &io, &failure);
    CHECK(io.input_size <= size && io.input + io.input_size == copy + size);
    CHECK(it->records->partial.capacity <= WSS__TLS_RECORD_MAX);
    if (result == WSS__TLS_DATA) {
      CHECK(io.size > 0 && io.size <= 16384);
      event(&it->got, DATA, io.data, io.size);
    }
  }
  CHECK(result != WSS__TLS_WANT || io.input_size == 0);
  if (result == WSS__TLS_END) {
    event(&it->got, END, (const uint8_t *)"", 1);
    it->ended = true;
  } else if (result < 0) {
    failed(it, result, &failure);
  }
  free(copy);
}

static void deliver(world *it) {
  size_t at = 0;
  while (at < it->wire.size && !it->ended) {
    size_t step = it->piece == 0 ? it->wire.size : it->piece;
    if (step > it->wire.size - at)
      step = it->wire.size - at;
    feed(it, it->wire.bytes + at, step);
    at += step;
  }
  it->wire.size = 0;
  if (it->ended)
    return;
  while (it->output.length > 0) {
    CHECK(it->dirty || it->warnings-- > 0);
    expect_alert(it, 1, 100);
  }
}

/* The server writes; the peer opens all of it. */
static void write_out(world *it, const uint8_t *data, size_t size) {
  wss__tls_failure failure;
  wss__tls_content content;
  uint8_t *record;
  if (it->ended)
    return;
  CHECK(wss__tls_takeover.write(it->records, &it->output, data, size,
                                &failure) == 0);
  if (size > 0 && it->records->state.suite->tls13 && it->output.length > 0) {
    record = open_output(it, &content);
    bool update = content.type == 22;
    CHECK(it->dirty || update == it->owed);
    it->owed = false;
    if (update) {
      CHECK(content.size == 5 && memcmp(content.data, "\x18\0\0\1\0", 5) == 0);
      CHECK(wss__tls_keys_update(it->peer.suite, &it->peer.read) == 0);
    } else {
      CHECK(content.type == 23 &&
            memcmp(content.data, data, content.size) == 0);
      data += content.size;
      size -= content.size;
    }
    free(record);
  }
  while (size > 0) {
    record = open_output(it, &content);
    CHECK(content.type == 23 && content.size <= size);
    CHECK(memcmp(content.data, data, content.size) == 0);
    data += content.size;
    size -= content.size;
    free(record);
  }
  CHECK(it->output.length == 0);
}

/* ---- Inputs ---------------------------------------------------------------
 */

static void open_world(world *it, uint8_t number) {
  static const int suites[] = {
      MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
      MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
  wss__tls_record_state state = {.suite =
                                     wss__tls_suite_find(suites[number % 5])};
  memset(&state.read.key, 1, sizeof state.read.key);
  memset(&state.read.secret, 2, sizeof state.read.secret);
  memset(&state.write.key, 3, sizeof state.write.key);
  memset(&state.write.secret, 4, sizeof state.write.secret);
  memset(it, 0, sizeof *it);
  it->peer = state;
  it->peer.read = state.write;
  it->peer.write = state.read;
  wss__buf_init(&it->output, 1 << 24);
  wss__tls_schedules_init(&it->schedules, wss__aead_pick(),
                          &wss__default_allocator);
  wss__tls_takeover_pool(&it->pool, &wss__default_allocator);
  CHECK(wss__tls_takeover_new(&it->records, &state, 16384, &it->schedules,
                              &it->pool) == 0);
}

static void close_world(world *it) {
  wss__tls_takeover.free(it->records);
  wss__tls_schedules_free(&it->schedules);
  wss__buf_free(&it->output, &wss__default_allocator);
  fuzz_log_free(&it->wire);
  fuzz_log_free(&it->expected);
  fuzz_log_free(&it->got);
}

static void operate(world *it, uint8_t kind, uint8_t number,
                    const uint8_t *content, size_t size) {
  static uint8_t large[MOST];
  size_t many = number == 255 ? MOST : number == 254 ? MOST - 1 : 64u * number;
  bool tls13 = it->peer.suite->tls13;
  memset(large, number, sizeof large);
  switch (kind % 8) {
  case 0:
    it->dirty = it->dirty || size > 0;
    fuzz_log_bytes(&it->wire, content, size);
    break;
  case 1:
    put(it, 23, content, size);
    break;
  case 2:
    put(it, number, content, size);
    break;
  case 3:
    put(it, 22, (const uint8_t[]){24, 0, 0, 1, number}, 5);
    break;
  case 4:
    put(it, 23, large, many);
    break;
  case 5:
    it->flip = true;
    it->flip_at = (uint16_t)(number * 256u + (size > 0 ? content[0] : 0));
    break;
  case 6:
    if (tls13)
      put_padded(it, number, content, size, size > 0 ? content[0] * 64u : 0);
    break;
  default:
    deliver(it);
    write_out(it, number == 0 ? content : large, number == 0 ? size : many);
    break;
  }
  if (kind < 128)
    deliver(it);
}

/* All that was expected; behind it what was tampered with, which ends it. */
static void check_events(world *it) {
  size_t size = it->got.size;
  CHECK(it->dirty || fuzz_log_equal(&it->expected, &it->got));
  CHECK(it->expected.size <= size);
  it->got.size = it->expected.size;
  CHECK(fuzz_log_equal(&it->expected, &it->got));
  it->expected.size = 0;
  event(&it->expected, ALERT, (const uint8_t *)"", 1);
  CHECK(size - it->got.size == 0 || size - it->got.size == it->expected.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  world it;
  if (size < 2)
    return 0;
  open_world(&it, data[0]);
  it.piece = data[1];
  data += 2;
  size -= 2;
  while (size >= 3 && !it.ended) {
    size_t content = data[2] < size - 3 ? data[2] : size - 3;
    uint8_t *copy = fuzz_copy(data + 3, content);
    operate(&it, data[0], data[1], copy, content);
    free(copy);
    data += 3 + content;
    size -= 3 + content;
  }
  deliver(&it);
  check_events(&it);
  close_world(&it);
  return 0;
}
