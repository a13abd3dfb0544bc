#include "server/tls_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <psa/crypto.h>

#include "server/wire.h"
#include "tls/compat.h"

/* Mbed TLS's own, in no public header: a client that breaks the rules. */
extern int mbedtls_ssl_write_record(mbedtls_ssl_context *ssl, int force_flush);

#define VERSIONS 3
#define MOST 255 /* bytes that one operation sends */

typedef struct client {
  mbedtls_ssl_context ssl;
  machine_peer *peer;
  fuzz_log plain; /* what was received */
  size_t taken;   /* of what the peer received */
  bool ready;     /* the handshake is over */
  bool dead;      /* the client has failed, or was told of the end */
  bool flip;      /* the next write's byte at place is changed */
  bool cut;       /* the next write goes out in two pieces */
  uint8_t place;
} client;

/* ---- Random numbers ------------------------------------------------------ */

static uint64_t sequence;

void fuzz_tls_restart(void) {
  sequence = 0x9e3779b97f4a7c15;
}

/* Mbed TLS's, with MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG. */
psa_status_t
mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                uint8_t *output, size_t size, size_t *written) {
  size_t i;
  (void)context;
  for (i = 0; i < size; i++) { /* xorshift */
    sequence ^= sequence << 13;
    sequence ^= sequence >> 7;
    sequence ^= sequence << 17;
    output[i] = (uint8_t)(sequence >> 32);
  }
  *written = size;
  return PSA_SUCCESS;
}

/* ---- The client ---------------------------------------------------------- */

void fuzz_pki(char *path, size_t size, const char *name) {
  const char *folder = getenv("WSS_PKI");
  if (folder == NULL) {
    (void)fprintf(stderr, "WSS_PKI must name the folder that pki.sh made\n");
    exit(1);
  }
  (void)snprintf(path, size, "%s/%s", folder, name);
}

static const mbedtls_ssl_config *config_for(uint8_t how) {
  static const char *alpn[] = {"http/1.1", NULL};
  static mbedtls_ssl_config configs[VERSIONS];
  static bool made;
  int i;
  for (i = 0; i < VERSIONS && !made; i++) {
    mbedtls_ssl_config *config = &configs[i];
    mbedtls_ssl_config_init(config);
    CHECK(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
                                      MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT) == 0);
    wss__compat_conf_random(config);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
    CHECK(mbedtls_ssl_conf_alpn_protocols(config, alpn) == 0);
    if (i == 0)
      mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
    if (i == 1)
      mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
  }
  made = true;
  return &configs[how];
}

static int send_to(void *user, const unsigned char *data, size_t size) {
  client *it = user;
  uint8_t *copy = fuzz_copy(data, size);
  size_t first = size;
  bool sent;
  if (it->flip)
    copy[it->place % size] ^= 1;
  if (it->cut)
    first = it->place % size;
  it->flip = it->cut = false;
  sent = sim_send(it->peer->peer, copy, first);
  if (first < size) {
    sim_turn();
    sent = sim_send(it->peer->peer, copy + first, size - first);
  }
  free(copy);
  return sent ? (int)size : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int receive_from(void *user, unsigned char *data, size_t size) {
  client *it = user;
  const sim_peer *peer = it->peer->peer;
  if (size > peer->size - it->taken)
    size = peer->size - it->taken;
  if (size == 0)
    return peer->fin || peer->reset ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
  memcpy(data, peer->data + it->taken, size);
  it->taken += size;
  return (int)size;
}

void fuzz_tls_open(machine_peer *peer, uint8_t how) {
  client *it;
  peer->client = NULL;
  if (how >= VERSIONS)
    return;
  it = calloc(1, sizeof *it);
  CHECK(it != NULL);
  peer->client = it;
  it->peer = peer;
  mbedtls_ssl_init(&it->ssl);
  CHECK(mbedtls_ssl_setup(&it->ssl, config_for(how)) == 0);
  CHECK(mbedtls_ssl_set_hostname(&it->ssl, "localhost") == 0);
  mbedtls_ssl_set_bio(&it->ssl, it, send_to, receive_from, NULL);
  fuzz_tls_pump(peer);
}

static bool is_wait(int code) {
  return code == MBEDTLS_ERR_SSL_WANT_READ ||
         code == MBEDTLS_ERR_SSL_WANT_WRITE;
}

void fuzz_tls_pump(machine_peer *peer) {
  client *it = peer->client;
  uint8_t bytes[4096];
  int code = 0;
  if (it == NULL || it->dead)
    return;
  if (!it->ready)
    code = mbedtls_ssl_handshake(&it->ssl);
  it->ready = code == 0;
  while (it->ready && code >= 0) {
    code = mbedtls_ssl_read(&it->ssl, bytes, sizeof bytes);
    if (code > 0)
      fuzz_log_bytes(&it->plain, bytes, (size_t)code);
    if (code == 0)
      break;
  }
  it->dead = !it->dead && !is_wait(code);
}

static bool can_write(const client *it) {
  return it != NULL && it->ready && !it->dead;
}

void fuzz_tls_send(machine_peer *peer, const uint8_t *bytes, size_t size) {
  client *it = peer->client;
  if (!can_write(it)) {
    (void)sim_send(peer->peer, bytes, size);
    return;
  }
  while (size > 0) {
    int code = mbedtls_ssl_write(&it->ssl, bytes, size);
    it->dead = code <= 0;
    if (it->dead)
      return;
    bytes += code;
    size -= (size_t)code;
  }
}

/* A record of any type, sealed as the state demands. */
static void seal(client *it, uint8_t type, const uint8_t *bytes, size_t size) {
  it->ssl.MBEDTLS_PRIVATE(out_msgtype) = type;
  it->ssl.MBEDTLS_PRIVATE(out_msglen) = size;
  memcpy(it->ssl.MBEDTLS_PRIVATE(out_msg), bytes, size);
  it->dead = mbedtls_ssl_write_record(&it->ssl, 1) != 0;
}

size_t fuzz_tls_break(machine_peer *peer, uint8_t a, uint8_t b,
                      const uint8_t *bytes, size_t size) {
  client *it = peer->client;
  uint8_t alert[2] = {MBEDTLS_SSL_ALERT_LEVEL_FATAL, b};
  if (size > MOST)
    size = MOST;
  if (a % 6 == 0)
    (void)sim_send(peer->peer, bytes, size);
  if (a % 6 < 1 || it == NULL || it->dead)
    return a % 6 == 0 ? size : 0;
  if (a % 6 >= 4) {
    it->flip = a % 6 == 4;
    it->cut = a % 6 == 5;
    it->place = b;
    return 0;
  }
  if (!it->ready)
    return 0;
  if (a % 6 == 1)
    seal(it, b, bytes, size);
  if (a % 6 == 2)
    seal(it, MBEDTLS_SSL_MSG_ALERT, alert, sizeof alert);
  if (a % 6 == 3)
    it->dead = mbedtls_ssl_close_notify(&it->ssl) != 0;
  return a % 6 == 1 ? size : 0;
}

void fuzz_tls_check(machine_peer *peer) {
  const client *it = peer->client;
  wire_check_records(peer->peer->data, peer->peer->size);
  if (it != NULL)
    wire_check(it->plain.bytes, it->plain.size);
}

void fuzz_tls_close(machine_peer *peer) {
  client *it = peer->client;
  if (it == NULL)
    return;
  mbedtls_ssl_free(&it->ssl);
  fuzz_log_free(&it->plain);
  free(it);
  peer->client = NULL;
}
