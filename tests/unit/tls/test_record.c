/* Records: RFC 8448's, each suite against itself with the roles exchanged, and
   everything that may be wrong with a header or a record. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/hex.h"
#include "tls/record.h"

typedef struct schedule {
  alignas(WSS__AEAD_ALIGN) uint8_t bytes[4096];
} schedule;

enum {
  UNEXPECTED = MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE,
  BAD_MAC = MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC,
  OVERFLOW = MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW,
  VERSION = MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION
};

static const int suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};

#define SUITES (sizeof suites / sizeof suites[0])

/* One end; the other's keys are the same, the other way round. */
static wss__tls_record_state state_of(int id, bool server) {
  wss__tls_record_state state = {.suite = wss__tls_suite_find(id)};
  wss__tls_traffic *mine = server ? &state.write : &state.read;
  wss__tls_traffic *peers = server ? &state.read : &state.write;
  memset(mine->key, 1, sizeof mine->key);
  memset(mine->iv, 2, sizeof mine->iv);
  memset(peers->key, 3, sizeof peers->key);
  memset(peers->iv, 4, sizeof peers->iv);
  return state;
}

static int seal(wss__tls_record_state *state, uint8_t type, uint8_t *record,
                size_t size) {
  schedule expanded = {0};
  const wss__aead *aead = &wss__aead_mbedtls;
  assert_int_equal(
      aead->expand(&expanded, state->suite->cipher, state->write.key), 0);
  int error = wss__tls_record_seal(state, aead, &expanded, type, record, size);
  aead->wipe(&expanded);
  return error;
}

static int unseal(wss__tls_record_state *state, uint8_t *record,
                  wss__tls_content *content, wss__tls_failure *failure) {
  schedule expanded = {0};
  const wss__aead *aead = wss__aead_pick();
  size_t length;
  int error = wss__tls_record_length(state->suite, record, &length, failure);
  if (error != 0)
    return error;
  assert_int_equal(
      aead->expand(&expanded, state->suite->cipher, state->read.key), 0);
  error =
      wss__tls_record_open(state, aead, &expanded, record, content, failure);
  aead->wipe(&expanded);
  return error;
}

static void records_of_rfc_8448(void **unused) {
  wss__tls_record_state state = {
      .suite = wss__tls_suite_find(MBEDTLS_TLS1_3_AES_128_GCM_SHA256)};
  wss__tls_content content;
  wss__tls_failure failure;
  uint8_t record[128];
  (void)unused;
  hex_bytes(state.read.key, 16, "17422dda596ed5d9acd890e3c63f5051");
  hex_bytes(state.read.iv, 12, "5b78923dee08579033e523d9");
  hex_bytes(state.write.key, 16, "9f02283b6c9c07efc26bb9f2ac92e356");
  hex_bytes(state.write.iv, 12, "cf782b88dd83549aadf1e984");
  hex_bytes(record, sizeof record,
            "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b"
            "9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aee"
            "bb21694915e4");
  assert_int_equal(unseal(&state, record, &content, &failure), 0);
  assert_int_equal(content.type, WSS__TLS_DATA_TYPE);
  assert_int_equal(content.size, 50);
  for (uint8_t i = 0; i < 50; i++)
    assert_int_equal(content.data[i], i);
  hex_bytes(record, sizeof record,
            "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3");
  assert_int_equal(unseal(&state, record, &content, &failure), 0);
  assert_int_equal(content.type, WSS__TLS_ALERT);
  assert_memory_equal(content.data, "\1\0", 2);

  state.write.sequence = 1; /* behind its NewSessionTicket */
  for (uint8_t i = 0; i < 50; i++)
    record[WSS__TLS_HEADER_SIZE + i] = i;
  assert_int_equal(wss__tls_record_size(state.suite, 50), 72);
  assert_int_equal(seal(&state, WSS__TLS_DATA_TYPE, record, 50), 0);
  hex_equal(record,
            "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e3"
            "0efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd0"
            "32e167c2955d");
  memcpy(record + WSS__TLS_HEADER_SIZE, "\1\0", 2);
  assert_int_equal(seal(&state, WSS__TLS_ALERT, record, 2), 0);
  hex_equal(record, "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9");
}

static void every_size_in_every_suite(void **unused) {
  static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 100, 1000, 16383, 16384};
  uint8_t *record = malloc(WSS__TLS_RECORD_MAX);
  (void)unused;
  assert_non_null(record);
  for (size_t s = 0; s < SUITES; s++) {
    wss__tls_record_state client = state_of(suites[s], false);
    wss__tls_record_state server = state_of(suites[s], true);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      wss__tls_content content;
      wss__tls_failure failure;
      size_t size = sizes[i];
      uint8_t *data = record + wss__tls_record_offset(client.suite);
      assert_true(wss__tls_record_size(client.suite, size) <=
                  WSS__TLS_RECORD_MAX);
      for (size_t at = 0; at < size; at++)
        data[at] = (uint8_t)(at * 5);
      assert_int_equal(seal(&client, WSS__TLS_DATA_TYPE, record, size), 0);
      assert_int_equal(unseal(&server, record, &content, &failure), 0);
      assert_int_equal(content.type, WSS__TLS_DATA_TYPE);
      assert_int_equal(content.size, size);
      for (size_t at = 0; at < size; at++)
        assert_int_equal(content.data[at], (uint8_t)(at * 5));
    }
    assert_int_equal(client.write.sequence, server.read.sequence);
  }
  free(record);
}

/* Seals a record of five bytes; returns its size. */
static size_t seal_five(wss__tls_record_state *state, uint8_t *record) {
  memcpy(record + wss__tls_record_offset(state->suite), "12345", 5);
  assert_int_equal(seal(state, WSS__TLS_DATA_TYPE, record, 5), 0);
  return wss__tls_record_size(state->suite, 5);
}

static void every_changed_bit_is_noticed(void **unused) {
  (void)unused;
  for (size_t s = 0; s < SUITES; s++) {
    uint8_t record[64];
    wss__tls_record_state client = state_of(suites[s], false);
    size_t size = seal_five(&client, record);
    for (size_t bit = 0; bit < 8 * size; bit++) {
      wss__tls_record_state server = state_of(suites[s], true);
      wss__tls_content content;
      wss__tls_failure failure;
      uint8_t changed[WSS__TLS_RECORD_MAX] = {0};
      memcpy(changed, record, size);
      changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
      assert_int_equal(unseal(&server, changed, &content, &failure),
                       WSS_ERR_TLS);
      assert_true(failure.sent >= 0);
      if (bit >= 40)
        assert_int_equal(failure.sent, BAD_MAC);
      assert_int_equal(server.read.sequence, 0);
    }
  }
}

static void records_have_their_order(void **unused) {
  (void)unused;
  for (size_t s = 0; s < SUITES; s++) {
    wss__tls_record_state client = state_of(suites[s], false);
    wss__tls_record_state server = state_of(suites[s], true);
    wss__tls_record_state late = server;
    wss__tls_content content;
    wss__tls_failure failure;
    uint8_t first[64];
    uint8_t again[64];
    uint8_t second[64];
    (void)seal_five(&client, first);
    (void)seal_five(&client, second);
    memcpy(again, first, sizeof again);
    assert_int_equal(unseal(&late, second, &content, &failure), WSS_ERR_TLS);
    assert_int_equal(failure.sent, BAD_MAC); /* one is missing */
    assert_int_equal(unseal(&server, first, &content, &failure), 0);
    assert_int_equal(unseal(&server, again, &content, &failure), WSS_ERR_TLS);
    assert_int_equal(failure.sent, BAD_MAC); /* it was there before */
  }
}

static void headers(void **unused) {
  static const struct {
    uint8_t header[5];
    int tls13, gcm12; /* the alert, 0 if it is all right */
  } rows[] = {
      {{23, 3, 3, 0, 24}, 0, 0},
      {{23, 3, 3, 0, 16}, 0, BAD_MAC},
      {{23, 3, 3, 0, 15}, BAD_MAC, BAD_MAC},
      {{23, 3, 3, 0, 23}, 0, BAD_MAC},
      {{23, 3, 3, 0, 1}, BAD_MAC, BAD_MAC},
      {{23, 3, 3, 0, 0}, BAD_MAC, BAD_MAC},
      {{23, 3, 3, 0x40, 17}, 0, 0},
      {{23, 3, 3, 0x40, 18}, OVERFLOW, 0},
      {{23, 3, 3, 0x40, 24}, OVERFLOW, 0},
      {{23, 3, 3, 0x40, 25}, OVERFLOW, OVERFLOW},
      {{23, 3, 3, 0xff, 0xff}, OVERFLOW, OVERFLOW},
      {{23, 3, 1, 0, 24}, 0, VERSION},
      {{23, 3, 4, 0, 24}, 0, VERSION},
      {{23, 2, 3, 0, 24}, VERSION, VERSION},
      {{23, 0, 0, 0, 24}, VERSION, VERSION},
      {{21, 3, 3, 0, 26}, UNEXPECTED, 0},
      {{22, 3, 3, 0, 26}, UNEXPECTED, 0},
      {{20, 3, 3, 0, 1}, UNEXPECTED, UNEXPECTED},
      {{24, 3, 3, 0, 26}, UNEXPECTED, UNEXPECTED},
      {{0, 3, 3, 0, 26}, UNEXPECTED, UNEXPECTED},
      {{'G', 'E', 'T', ' ', '/'}, UNEXPECTED, UNEXPECTED},
  };
  (void)unused;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    for (int v = 0; v < 2; v++) {
      wss__tls_failure failure = {.sent = 0};
      size_t length;
      int alert = v == 0 ? rows[i].tls13 : rows[i].gcm12;
      int error =
          wss__tls_record_length(wss__tls_suite_find(suites[v == 0 ? 0 : 3]),
                                 rows[i].header, &length, &failure);
      assert_int_equal(error, alert == 0 ? 0 : WSS_ERR_TLS);
      assert_int_equal(failure.sent, alert);
      if (error == 0)
        assert_int_equal(length, rows[i].header[3] << 8 | rows[i].header[4]);
      else
        assert_non_null(failure.text);
    }
  }
}

/* What seal makes of a type and content is what RFC 8446 5.2 calls
   TLSInnerPlaintext; with type 0 the content's own end is padding. */
static void padding(void **unused) {
  static uint8_t record[WSS__TLS_RECORD_MAX];
  static const struct {
    const char *inner;
    size_t size, zeros;
    int type; /* -1: there is none */
    size_t content;
  } rows[] = {
      {"x\x17", 2, 0, 23, 1},    {"x\x17", 2, 1000, 23, 1},
      {"\x17", 1, 0, 23, 0},     {"\x17", 1, 16383, 23, 0},
      {"\0\0\x17", 3, 5, 23, 2}, {"\0", 1, 0, -1, 0},
      {"\0", 1, 16382, -1, 0},   {"\x01\x00\x15", 3, 16381, 21, 2},
      {"", 0, 0, -1, 0},
  };
  (void)unused;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    wss__tls_record_state client = state_of(suites[0], false);
    wss__tls_record_state server = state_of(suites[0], true);
    wss__tls_content content;
    wss__tls_failure failure = {.sent = 0};
    memset(record, 0, sizeof record);
    memcpy(record + WSS__TLS_HEADER_SIZE, rows[i].inner, rows[i].size);
    assert_int_equal(seal(&client, 0, record, rows[i].size + rows[i].zeros), 0);
    int error = unseal(&server, record, &content, &failure);
    if (rows[i].type < 0) {
      assert_int_equal(error, WSS_ERR_TLS);
      assert_int_equal(failure.sent, UNEXPECTED);
      continue;
    }
    assert_int_equal(error, 0);
    assert_int_equal(content.type, rows[i].type);
    assert_int_equal(content.size, rows[i].content);
    assert_memory_equal(content.data, rows[i].inner, rows[i].content);
  }
}

/* Any amount of it, up to what a record may hold: content, type and padding are
   2^14 + 1 bytes together (RFC 8446 5.4), and one more is refused by the
   header. */
static void padding_of_every_length(void **unused) {
  static uint8_t record[WSS__TLS_RECORD_MAX];
  static const size_t contents[] = {0, 1, 5, 255, 16000, 16383, 16384};
  (void)unused;
  for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
    size_t size = contents[i];
    size_t most = 16384 - size;
    for (size_t zeros = 0; zeros <= most; zeros++) {
      wss__tls_record_state client = state_of(suites[0], false);
      wss__tls_record_state server = state_of(suites[0], true);
      wss__tls_content content;
      wss__tls_failure failure;
      if (zeros == 300 && most > 600) /* the short ones and the longest */
        zeros = most - 3;
      uint8_t *data = record + WSS__TLS_HEADER_SIZE;
      memset(data, 'd', size);
      data[size] = WSS__TLS_DATA_TYPE;
      memset(data + size + 1, 0, zeros);
      /* The last byte is written as the type. */
      size_t inner = size + 1 + zeros;
      assert_int_equal(
          seal(&client, zeros > 0 ? 0 : WSS__TLS_DATA_TYPE, record, inner - 1),
          0);
      assert_int_equal(unseal(&server, record, &content, &failure), 0);
      assert_int_equal(content.type, WSS__TLS_DATA_TYPE);
      assert_int_equal(content.size, size);
      assert_true(size == 0 || content.data[size - 1] == 'd');
    }
  }
}

static void the_last_sequence_number_is_not_used(void **unused) {
  (void)unused;
  for (size_t s = 0; s < SUITES; s++) {
    wss__tls_record_state client = state_of(suites[s], false);
    wss__tls_record_state server = state_of(suites[s], true);
    wss__tls_content content;
    wss__tls_failure failure;
    uint8_t record[64];
    client.write.sequence = server.read.sequence = UINT64_MAX - 1;
    (void)seal_five(&client, record);
    assert_int_equal(unseal(&server, record, &content, &failure), 0);
    assert_int_equal(seal(&client, WSS__TLS_DATA_TYPE, record, 5), WSS_ERR_TLS);
    assert_int_equal(unseal(&server, record, &content, &failure), WSS_ERR_TLS);
    assert_int_equal(failure.sent, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
  }
}

static int seal_nothing(void *unused, const wss__aead_text *text) {
  (void)unused;
  (void)text;
  return WSS_ERR_TLS;
}

static void a_provider_that_fails(void **unused) {
  wss__aead broken = wss__aead_mbedtls;
  wss__tls_record_state state = state_of(suites[0], true);
  uint8_t record[64];
  (void)unused;
  broken.seal = seal_nothing;
  assert_int_equal(wss__tls_record_seal(&state, &broken, NULL, 23, record, 5),
                   WSS_ERR_TLS);
  assert_int_equal(state.write.sequence, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records_of_rfc_8448),
      cmocka_unit_test(every_size_in_every_suite),
      cmocka_unit_test(every_changed_bit_is_noticed),
      cmocka_unit_test(records_have_their_order),
      cmocka_unit_test(headers),
      cmocka_unit_test(padding),
      cmocka_unit_test(padding_of_every_length),
      cmocka_unit_test(the_last_sequence_number_is_not_used),
      cmocka_unit_test(a_provider_that_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
