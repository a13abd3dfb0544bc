#include "support/raw_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mbedtls/hkdf.h>
#include <mbedtls/sha256.h>
#include <psa/crypto.h>

#include "support/raw_client.h"

#define HANDSHAKE 22
#define DATA 23
#define HEADER 5
#define TAG 16

#define SHA256 mbedtls_md_info_from_type(MBEDTLS_MD_SHA256)

/* ---- Bytes --------------------------------------------------------------- */

typedef struct writer {
  uint8_t *bytes;
  size_t size;
} writer;

static void put(writer *to, const void *data, size_t size) {
  assert_true(to->size + size <= RAW_HELLO_MAX);
  if (size > 0)
    memcpy(to->bytes + to->size, data, size);
  to->size += size;
}

static void put_number(writer *to, size_t number, size_t bytes) {
  for (size_t i = bytes; i > 0; i--) {
    uint8_t byte = (uint8_t)(number >> (8 * (i - 1)));
    put(to, &byte, 1);
  }
}

static void put_bytes(writer *to, uint8_t value, size_t size) {
  for (size_t i = 0; i < size; i++)
    put(to, &value, 1);
}

/* A vector: leaves room for its length, which is known in the end. */
static size_t open_vector(writer *to, size_t bytes) {
  put_number(to, 0, bytes);
  return to->size;
}

static void close_vector(writer *to, size_t start, size_t bytes) {
  writer length = {.bytes = to->bytes, .size = start - bytes};
  put_number(&length, to->size - start, bytes);
}

/* ---- The ClientHello ----------------------------------------------------- */

static void put_public(writer *to, unsigned key) {
  uint8_t bytes[80];
  size_t size;
  assert_int_equal(psa_export_public_key(key, bytes, sizeof bytes, &size),
                   PSA_SUCCESS);
  put_number(to, size, 2);
  put(to, bytes, size);
}

static void put_share(raw_client *client, writer *to, uint16_t group) {
  put_number(to, group, 2);
  if (group == RAW_X25519) {
    put_public(to, client->x25519);
  } else if (group == RAW_P256) {
    put_public(to, client->p256);
  } else {
    size_t size = group == RAW_MLKEM ? 1216 : 97;
    put_number(to, size, 2);
    put_bytes(to, 4, size);
  }
}

static void put_name(const raw_client *client, writer *to) {
  const raw_hello *hello = &client->hello;
  size_t list = open_vector(to, 2);
  put(to, hello->other_name, hello->other_name_size);
  put_number(to, 0, 1);
  put_number(to, hello->name_size, 2);
  put(to, hello->name, hello->name_size);
  close_vector(to, list, 2);
}

static void put_groups(const raw_client *client, writer *to) {
  size_t list = open_vector(to, 2);
  if (client->hello.grease)
    put_number(to, 0x4a4a, 2);
  for (const uint16_t *group = client->hello.groups; *group != 0; group++)
    put_number(to, *group, 2);
  close_vector(to, list, 2);
}

/* After a HelloRetryRequest the one that it asks for, alone. */
static void put_shares(raw_client *client, writer *to) {
  size_t list = open_vector(to, 2);
  if (client->retried) {
    put_share(client, to, client->group);
  } else {
    if (client->hello.grease)
      put(to, "\x4a\x4a\0\1\0", 5);
    for (const uint16_t *group = client->hello.shares; *group != 0; group++)
      put_share(client, to, *group);
  }
  close_vector(to, list, 2);
}

static void put_list(const raw_client *client, writer *to, size_t bytes,
                     uint16_t grease, const uint16_t *numbers) {
  size_t list = open_vector(to, bytes);
  if (client->hello.grease)
    put_number(to, grease, 2);
  for (; *numbers != 0; numbers++)
    put_number(to, *numbers, 2);
  close_vector(to, list, bytes);
}

static void put_protocols(const raw_client *client, writer *to) {
  size_t list = open_vector(to, 2);
  if (client->hello.grease)
    put(to, "\2\x8a\x8a", 3);
  put(to, client->hello.protocols, client->hello.protocols_size);
  close_vector(to, list, 2);
}

/* One extension; types that only TLS 1.3 has come with it alone. */
static void put_extension(raw_client *client, writer *to, unsigned type) {
  static const uint16_t versions[] = {0x0304, 0x0303, 0};
  static const uint16_t schemes[] = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805,
                                     0x0501, 0x0806, 0x0601, 0};
  const raw_hello *hello = &client->hello;
  if ((type == 0 && hello->name == NULL) ||
      (type == 16 && hello->protocols == NULL) ||
      (hello->tls12 && (type == 43 || type == 45 || type == 51)))
    return;
  put_number(to, type, 2);
  size_t start = open_vector(to, 2);
  switch (type) {
  case 0: /* server_name */
    put_name(client, to);
    break;
  case 10: /* supported_groups */
    put_groups(client, to);
    break;
  case 11: /* ec_point_formats */
    put(to, "\1\0", 2);
    break;
  case 13: /* signature_algorithms */
    put_list(client, to, 2, 0x6a6a, schemes);
    break;
  case 16:
    put_protocols(client, to);
    break;
  case 43: /* supported_versions */
    put_list(client, to, 1, 0x7a7a, versions);
    break;
  case 45: /* psk_key_exchange_modes; 0x0b: RFC 8701 */
    put(to, hello->grease_modes ? "\2\x0b\1" : "\1\1",
        hello->grease_modes ? 3 : 2);
    break;
  case 51: /* key_share */
    put_shares(client, to);
    break;
  default:
    break;
  }
  close_vector(to, start, 2);
}

/* What Chromium and others send and libwss does not know; what nobody knows;
   the GREASE that comes last has a byte. */
static void put_unknown(writer *to) {
  static const uint16_t types[] = {5,      18,     27,     0x4469, 0x44cd,
                                   0xfe0d, 0x3374, 0xff01, 0xfffe};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    size_t size = types[i] == 0xff01 ? 1 : i * 31;
    put_number(to, types[i], 2);
    put_number(to, size, 2);
    put_bytes(to, 0, size);
  }
}

static void put_extensions(raw_client *client, writer *to) {
  static const unsigned types[] = {0, 23, 10, 11, 35, 16, 13, 51, 45, 43};
  const raw_hello *hello = &client->hello;
  size_t count = sizeof types / sizeof types[0];
  size_t list = open_vector(to, 2);
  if (hello->grease)
    put(to, "\x1a\x1a\0\0", 4);
  for (size_t i = 0; i < count; i++)
    put_extension(client, to, types[hello->backwards ? count - 1 - i : i]);
  if (hello->unknown)
    put_unknown(to);
  if (hello->grease)
    put(to, "\x2a\x2a\0\1\0", 5);
  size_t wanted =
      client->retried && hello->again > 0 ? hello->again : hello->size;
  if (wanted > 0) {
    assert_true(wanted >= to->size + 4);
    put_number(to, 21, 2);
    size_t padding = wanted - to->size - 2;
    put_number(to, padding, 2);
    put_bytes(to, 0, padding);
  }
  close_vector(to, list, 2);
}

static void make_hello(raw_client *client) {
  writer to = {.bytes = client->message, .size = 0};
  put_number(&to, 1, 1);
  size_t message = open_vector(&to, 3);
  put_number(&to, 0x0303, 2);
  put_bytes(&to, 0x5a, 32);
  put_number(&to, 32, 1); /* legacy_session_id: RFC 8446 D.4 */
  put_bytes(&to, 0xa5, 32);
  size_t suites = open_vector(&to, 2);
  if (client->hello.grease)
    put_number(&to, 0x3a3a, 2);
  if (!client->hello.tls12)
    put_number(&to, 0x1301, 2);
  put_number(&to, 0xc02b, 2);
  put_number(&to, 0xc02f, 2);
  put_number(&to, 0x002f, 2);
  close_vector(&to, suites, 2);
  put(&to, "\1\0", 2);
  put_extensions(client, &to);
  close_vector(&to, message, 3);
  client->size = to.size;
}

/* ---- Keys (RFC 8446 7.1) ------------------------------------------------- */

static void expand_label(const uint8_t *secret, const char *label,
                         const void *context, size_t context_size, void *out,
                         size_t size) {
  uint8_t info[128];
  writer to = {.bytes = info, .size = 0};
  put_number(&to, size, 2);
  put_number(&to, 6 + strlen(label), 1);
  put(&to, "tls13 ", 6);
  put(&to, label, strlen(label));
  put_number(&to, context_size, 1);
  put(&to, context, context_size);
  assert_int_equal(
      mbedtls_hkdf_expand(SHA256, secret, RAW_HASH, info, to.size, out, size),
      0);
}

static void transcript_hash(const raw_client *client, uint8_t hash[RAW_HASH]) {
  assert_int_equal(
      mbedtls_sha256(client->transcript, client->transcript_size, hash, 0), 0);
}

static void hear(raw_client *client, const void *message, size_t size) {
  assert_true(client->transcript_size + size <= sizeof client->transcript);
  memcpy(client->transcript + client->transcript_size, message, size);
  client->transcript_size += size;
}

static void derive_secret(const raw_client *client, const uint8_t *secret,
                          const char *label, uint8_t out[RAW_HASH]) {
  uint8_t hash[RAW_HASH];
  transcript_hash(client, hash);
  expand_label(secret, label, hash, sizeof hash, out, RAW_HASH);
}

/* From one stage's secret to the next one's. */
static void next_stage(uint8_t secret[RAW_HASH], const uint8_t *input,
                       size_t size) {
  uint8_t hash[RAW_HASH];
  uint8_t salt[RAW_HASH];
  assert_int_equal(mbedtls_sha256((const uint8_t *)"", 0, hash, 0), 0);
  expand_label(secret, "derived", hash, sizeof hash, salt, sizeof salt);
  assert_int_equal(
      mbedtls_hkdf_extract(SHA256, salt, sizeof salt, input, size, secret), 0);
}

/* ---- Records ------------------------------------------------------------- */

static psa_key_id_t record_key(const uint8_t *traffic) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  uint8_t key[16];
  psa_key_id_t id;
  expand_label(traffic, "key", NULL, 0, key, sizeof key);
  psa_set_key_usage_flags(&attributes,
                          PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
  psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
  psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
  assert_int_equal(psa_import_key(&attributes, key, sizeof key, &id),
                   PSA_SUCCESS);
  return id;
}

static void make_nonce(const uint8_t *traffic, uint8_t sequence,
                       uint8_t nonce[12]) {
  expand_label(traffic, "iv", NULL, 0, nonce, 12);
  nonce[11] ^= sequence;
}

/* The record's plaintext with its type, in place behind the header. */
static size_t unseal(const uint8_t *traffic, uint8_t sequence, uint8_t *record,
                     size_t size) {
  uint8_t nonce[12];
  size_t plain;
  psa_key_id_t key = record_key(traffic);
  make_nonce(traffic, sequence, nonce);
  assert_int_equal(psa_aead_decrypt(key, PSA_ALG_GCM, nonce, sizeof nonce,
                                    record, HEADER, record + HEADER,
                                    size - HEADER, record + HEADER,
                                    size - HEADER, &plain),
                   PSA_SUCCESS);
  assert_int_equal(psa_destroy_key(key), PSA_SUCCESS);
  while (plain > 0 && record[HEADER + plain - 1] == 0)
    plain--;
  assert_true(plain > 0);
  return plain;
}

static int send_sealed(raw_client *client, const uint8_t *traffic,
                       uint8_t sequence, uint8_t type, const void *data,
                       size_t size) {
  uint8_t nonce[12];
  uint8_t plain[128];
  uint8_t record[HEADER + 128 + TAG] = {DATA, 3, 3};
  size_t sealed;
  psa_key_id_t key = record_key(traffic);
  assert_true(size < sizeof plain);
  memcpy(plain, data, size);
  plain[size] = type;
  record[4] = (uint8_t)(size + 1 + TAG);
  make_nonce(traffic, sequence, nonce);
  assert_int_equal(psa_aead_encrypt(key, PSA_ALG_GCM, nonce, sizeof nonce,
                                    record, HEADER, plain, size + 1,
                                    record + HEADER, sizeof record - HEADER,
                                    &sealed),
                   PSA_SUCCESS);
  assert_int_equal(psa_destroy_key(key), PSA_SUCCESS);
  return tls_pair_feed_bytes(client->pair, record, HEADER + sealed);
}

/* Takes the next record that the server wrote; NULL if there is none. */
static uint8_t *take_record(raw_client *client, size_t *size) {
  static uint8_t record[HEADER + 16384 + 256];
  wss__buf *from = &client->pair->to_client;
  if (from->length == 0)
    return NULL;
  const uint8_t *bytes = wss__buf_data(from);
  assert_true(from->length >= HEADER);
  *size = HEADER + ((size_t)bytes[3] << 8 | bytes[4]);
  assert_true(*size <= from->length && *size <= sizeof record);
  memcpy(record, bytes, *size);
  wss__buf_consume(from, client->pair->options.allocator, *size);
  return record;
}

/* ---- The handshake ------------------------------------------------------- */

static unsigned generate(psa_ecc_family_t family, size_t bits) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_key_id_t id;
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
  psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
  psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(family));
  psa_set_key_bits(&attributes, bits);
  assert_int_equal(psa_generate_key(&attributes, &id), PSA_SUCCESS);
  return id;
}

void raw_client_open(raw_client *client, tls_pair *pair,
                     const raw_hello *hello) {
  static const uint16_t groups[] = {RAW_X25519, RAW_P256, 0};
  static const uint16_t shares[] = {RAW_X25519, 0};
  memset(client, 0, sizeof *client);
  client->pair = pair;
  client->hello = *hello;
  if (hello->groups == NULL)
    client->hello.groups = groups;
  if (hello->shares == NULL)
    client->hello.shares = shares;
  client->x25519 = generate(PSA_ECC_FAMILY_MONTGOMERY, 255);
  client->p256 = generate(PSA_ECC_FAMILY_SECP_R1, 256);
}

void raw_client_close(raw_client *client) {
  assert_int_equal(psa_destroy_key(client->x25519), PSA_SUCCESS);
  assert_int_equal(psa_destroy_key(client->p256), PSA_SUCCESS);
}

static int send_hello(raw_client *client) {
  static uint8_t wire[6 * RAW_HELLO_MAX];
  const raw_hello *hello = &client->hello;
  size_t size = 0;
  size_t most = hello->record == 0 ? 16384 : hello->record;
  make_hello(client);
  hear(client, client->message, client->size);
  for (size_t at = 0; at < client->size;) {
    size_t step = at == 0 && hello->first > 0 ? hello->first : most;
    if (step > client->size - at)
      step = client->size - at;
    const uint8_t header[] = {HANDSHAKE, 3, 1, (uint8_t)(step >> 8),
                              (uint8_t)step};
    memcpy(wire + size, header, sizeof header);
    memcpy(wire + size + HEADER, client->message + at, step);
    size += HEADER + step;
    at += step;
  }
  return tls_pair_feed_bytes(client->pair, wire, size);
}

/* Keeps the ServerHello; true if it is a HelloRetryRequest. */
static bool take_server_hello(raw_client *client) {
  static const uint8_t retry[] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a};
  size_t size;
  uint8_t *record = take_record(client, &size);
  assert_non_null(record);
  assert_int_equal(record[0], HANDSHAKE);
  assert_int_equal(record[HEADER], 2);
  size -= HEADER;
  assert_true(size <= sizeof client->server_hello);
  memcpy(client->server_hello, record + HEADER, size);
  client->server_hello_size = size;
  return memcmp(client->server_hello + 6, retry, sizeof retry) == 0;
}

/* In TLS 1.3's ServerHello; RFC 8446 4.2.8. */
static const uint8_t *server_share(const raw_client *client, size_t *size) {
  const uint8_t *at = client->server_hello + 4 + 2 + 32 + 1 + 32 + 2 + 1 + 2;
  const uint8_t *end = client->server_hello + client->server_hello_size;
  while (end - at >= 4) {
    *size = (size_t)at[2] << 8 | at[3];
    if (at[0] == 0 && at[1] == 51)
      return at + 4;
    at += 4 + *size;
  }
  fail_msg("no key_share");
  return NULL;
}

/* RFC 8446 4.4.1. */
static void replace_transcript(raw_client *client) {
  uint8_t hash[4 + RAW_HASH] = {254, 0, 0, RAW_HASH};
  transcript_hash(client, hash + 4);
  client->transcript_size = 0;
  hear(client, hash, sizeof hash);
  hear(client, client->server_hello, client->server_hello_size);
}

static void change_cipher(raw_client *client) {
  if (client->hello.change_cipher)
    assert_int_equal(tls_pair_feed_bytes(client->pair, "\x14\3\3\0\1\1", 6),
                     WSS__TLS_WANT);
}

int raw_client_hello(raw_client *client) {
  int result = send_hello(client);
  if (result < 0 || client->hello.tls12 || client->pair->to_client.length == 0)
    return result;
  if (take_server_hello(client)) {
    size_t size;
    const uint8_t *share = server_share(client, &size);
    assert_int_equal(size, 2);
    client->group = (uint16_t)(share[0] << 8 | share[1]);
    client->retried = true;
    replace_transcript(client);
    size_t left = client->pair->to_client.length; /* change_cipher_spec */
    wss__buf_consume(&client->pair->to_client, client->pair->options.allocator,
                     left);
    change_cipher(client);
    result = send_hello(client);
    if (result < 0)
      return result;
    assert_false(take_server_hello(client));
  }
  hear(client, client->server_hello, client->server_hello_size);
  return result;
}

static void agree(raw_client *client, uint8_t shared[32]) {
  size_t size;
  const uint8_t *share = server_share(client, &size);
  client->group = (uint16_t)(share[0] << 8 | share[1]);
  assert_true(client->group == RAW_X25519 || client->group == RAW_P256);
  assert_int_equal(
      psa_raw_key_agreement(PSA_ALG_ECDH,
                            client->group == RAW_X25519 ? client->x25519
                                                        : client->p256,
                            share + 4, size - 4, shared, 32, &size),
      PSA_SUCCESS);
  assert_int_equal(size, 32);
}

static void finished(const raw_client *client, const uint8_t *traffic,
                     uint8_t mac[RAW_HASH]) {
  uint8_t key[RAW_HASH];
  uint8_t hash[RAW_HASH];
  expand_label(traffic, "finished", NULL, 0, key, sizeof key);
  transcript_hash(client, hash);
  assert_int_equal(
      mbedtls_md_hmac(SHA256, key, sizeof key, hash, sizeof hash, mac), 0);
}

/* Its messages up to Finished, which is checked. */
static void read_flight(raw_client *client, const uint8_t *traffic) {
  uint8_t messages[20000];
  uint8_t mac[RAW_HASH];
  size_t size = 0;
  uint8_t sequence = 0;
  size_t length;
  uint8_t *record;
  while ((record = take_record(client, &length)) != NULL) {
    if (record[0] == 20)
      continue;
    size_t plain = unseal(traffic, sequence++, record, length) - 1;
    assert_int_equal(record[HEADER + plain], HANDSHAKE);
    assert_true(size + plain <= sizeof messages);
    memcpy(messages + size, record + HEADER, plain);
    size += plain;
  }
  assert_true(size > 4 + RAW_HASH);
  hear(client, messages, size - 4 - RAW_HASH);
  const uint8_t *last = messages + size - 4 - RAW_HASH;
  assert_memory_equal(last, "\x14\0\0\x20", 4);
  finished(client, traffic, mac);
  assert_memory_equal(last + 4, mac, sizeof mac);
  hear(client, last, 4 + RAW_HASH);
}

/* Application data both ways. */
static void talk(raw_client *client) {
  size_t size;
  assert_int_equal(
      send_sealed(client, client->client_traffic, 0, DATA, "tom", 3),
      WSS__TLS_WANT);
  assert_int_equal(client->pair->received.length, 3);
  assert_memory_equal(wss__buf_data(&client->pair->received), "tom", 3);
  wss__buf *to = &client->pair->to_client;
  wss__buf_consume(to, client->pair->options.allocator, to->length);
  assert_int_equal(wss__tls_channel_write(client->pair->channel, to,
                                          (const uint8_t *)"ok", 2),
                   0);
  /* Record 0 was a session ticket. */
  uint8_t *record = take_record(client, &size);
  assert_int_equal(unseal(client->server_traffic, 1, record, size), 3);
  assert_memory_equal(record + HEADER, "ok\x17", 3);
}

void raw_client_finish(raw_client *client) {
  uint8_t shared[32];
  uint8_t theirs[RAW_HASH];
  uint8_t ours[RAW_HASH];
  uint8_t message[4 + RAW_HASH] = {20, 0, 0, RAW_HASH};
  static const uint8_t zeros[RAW_HASH];
  agree(client, shared);
  assert_int_equal(mbedtls_hkdf_extract(SHA256, NULL, 0, zeros, sizeof zeros,
                                        client->secret),
                   0);
  next_stage(client->secret, shared, sizeof shared);
  derive_secret(client, client->secret, "c hs traffic", ours);
  derive_secret(client, client->secret, "s hs traffic", theirs);
  read_flight(client, theirs);
  next_stage(client->secret, zeros, sizeof zeros);
  derive_secret(client, client->secret, "c ap traffic", client->client_traffic);
  derive_secret(client, client->secret, "s ap traffic", client->server_traffic);
  finished(client, ours, message + 4);
  if (!client->retried)
    change_cipher(client);
  int result = send_sealed(client, ours, 0, HANDSHAKE, message, sizeof message);
  if (result != WSS__TLS_READY)
    fail_msg("%d: %s", result, wss__tls_channel_why(client->pair->channel));
  talk(client);
}

void raw_client_connect(raw_client *client, tls_pair *pair,
                        const raw_hello *hello) {
  raw_client_open(client, pair, hello);
  int result = raw_client_hello(client);
  if (result < 0)
    fail_msg("%d: %s", result, wss__tls_channel_why(pair->channel));
  raw_client_finish(client);
}
