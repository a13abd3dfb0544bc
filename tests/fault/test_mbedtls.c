/* Mbed TLS without memory: each allocation that it makes for the server, in the
   set-up and from the first byte of a handshake to the end of the connection,
   fails once. One connection ends at most, nothing is left behind, and the next
   one is served. Of a connection's, one or two hundred, or with WSS_ALL_FAULTS
   in the environment each one.

   This program's Mbed TLS calls fault_calloc and fault_free in place of libc's
   functions (CMakeLists.txt). */
#include "support/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/cipher.h>
#include <mbedtls/ecdh.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>
#include <psa/crypto.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static bool serving; /* else Mbed TLS works for the client */
static size_t calls;
static size_t fail_at; /* counted from 1; 0: none */
static size_t failed;
static long live;            /* blocks that are not freed */
static size_t not_called_so; /* failures with another code than WSS_ERR_NOMEM */

/* A fault of Mbed TLS's own that is known (github.com/Mbed-TLS/mbedtls/issues/
   10917): when TLS 1.3 prepares its ciphers and there is memory for the first
   but not for all, the first is lost. So what is allocated for ciphers is
   noted. */
static int in_cipher;       /* calls that are running */
static bool cipher_failed;  /* the allocation that failed was for one */
static void *ciphers[100];  /* NULL: none, or freed */
static size_t cipher_count; /* places in use */

/* Another one: when TLS 1.2 derives its master secret and there is no memory
   for the hash of the handshake (ssl_compute_master), it reads 64 bytes of a
   hash that was to be 48, on the stack; the handshake fails later. The address
   sanitizer would end the program, so these allocations are spared. */
static bool spare_hashes;
static bool in_hash;

void *fault_calloc(size_t count, size_t size);
void fault_free(void *memory);
void __real_sim_settle(void);
void __wrap_sim_settle(void);
int __real_mbedtls_cipher_setup(mbedtls_cipher_context_t *cipher,
                                const mbedtls_cipher_info_t *info);
int __wrap_mbedtls_cipher_setup(mbedtls_cipher_context_t *cipher,
                                const mbedtls_cipher_info_t *info);
int __real_mbedtls_cipher_setkey(mbedtls_cipher_context_t *cipher,
                                 const unsigned char *key, int bits,
                                 const mbedtls_operation_t operation);
int __wrap_mbedtls_cipher_setkey(mbedtls_cipher_context_t *cipher,
                                 const unsigned char *key, int bits,
                                 const mbedtls_operation_t operation);
int __real_mbedtls_md_setup(mbedtls_md_context_t *hash,
                            const mbedtls_md_info_t *info, int hmac);
int __wrap_mbedtls_md_setup(mbedtls_md_context_t *hash,
                            const mbedtls_md_info_t *info, int hmac);

void *fault_calloc(size_t count, size_t size) {
  void *memory = NULL;
  if (serving && ++calls == fail_at && !(spare_hashes && in_hash)) {
    failed++;
    cipher_failed = in_cipher > 0;
  } else {
    memory = calloc(count, size);
  }
  live += memory != NULL;
  if (serving && in_cipher > 0 && cipher_count < COUNT_OF(ciphers))
    ciphers[cipher_count++] = memory;
  return memory;
}

void fault_free(void *memory) {
  size_t i;
  for (i = 0; i < cipher_count; i++) {
    if (ciphers[i] == memory)
      ciphers[i] = NULL;
  }
  live -= memory != NULL;
  free(memory);
}

int __wrap_mbedtls_cipher_setup(mbedtls_cipher_context_t *cipher,
                                const mbedtls_cipher_info_t *info) {
  int result;
  in_cipher++;
  result = __real_mbedtls_cipher_setup(cipher, info);
  in_cipher--;
  return result;
}

int __wrap_mbedtls_cipher_setkey(mbedtls_cipher_context_t *cipher,
                                 const unsigned char *key, int bits,
                                 const mbedtls_operation_t operation) {
  int result;
  in_cipher++;
  result = __real_mbedtls_cipher_setkey(cipher, key, bits, operation);
  in_cipher--;
  return result;
}

int __wrap_mbedtls_md_setup(mbedtls_md_context_t *hash,
                            const mbedtls_md_info_t *info, int hmac) {
  int result;
  in_hash = hmac == 0;
  result = __real_mbedtls_md_setup(hash, info, hmac);
  in_hash = false;
  return result;
}

/* Frees what Mbed TLS has lost in the known way. */
static void find_lost(int version) {
  size_t i;
  for (i = 0; version == 13 && cipher_failed && i < cipher_count; i++)
    fault_free(ciphers[i]);
}

/* The server runs in turns of the loop only. */
void __wrap_sim_settle(void) {
  bool before = serving;
  serving = true;
  __real_sim_settle();
  serving = before;
}

static void plan(size_t at) {
  calls = 0;
  failed = 0;
  fail_at = at;
  cipher_failed = false;
  cipher_count = 0;
}

static void say_counts(size_t count) {
  print_message("%zu allocations failed; %zu times the error was another than "
                "WSS_ERR_NOMEM\n",
                count, not_called_so);
  not_called_so = 0;
}

static size_t stride(size_t count) {
  return getenv("WSS_ALL_FAULTS") == NULL ? count / 200 + 1 : 1;
}

/* ---- Set-up -------------------------------------------------------------- */

/* Mbed TLS does not always say that it was memory, but it always fails. What
   stays then is what it keeps once it is started. */
static void check_failure(const sim_host *host, int err, long before) {
  static bool started;
  assert_int_equal(failed, 1);
  assert_true(wss_last_error(host->server)[0] != '\0');
  not_called_so += err != WSS_ERR_NOMEM;
  if (live > before && !started)
    started = true;
  else
    assert_int_equal(live, before);
}

/* First of all, so that Mbed TLS is started in here. */
static void the_set_up(void **state) {
  const char *folder = getenv("WSS_PKI");
  char cert[512];
  char key[512];
  const wss_ssl_context ssl = {
      .local_cert = cert, .local_pk = key, .passphrase = "secret"};
  wss_listener *listener;
  sim_host host;
  size_t at = 0;
  size_t done_without = 0;
  int err;
  (void)state;
  (void)snprintf(cert, sizeof cert, "%s/server.pem", folder);
  (void)snprintf(key, sizeof key, "%s/quick.key", folder);
  host_open(&host, NULL, false);
  do {
    long before = live;
    plan(++at);
    serving = true;
    err = wss_listen(host.server, "127.0.0.1", 0, &ssl, &listener);
    serving = false;
    if (err < 0) {
      check_failure(&host, err, before);
    } else {
      wss_listener_close(listener);
      sim_settle();
      done_without += failed;
    }
  } while (failed > 0);
  plan(0);
  say_counts(at - 1);
  assert_true(at > 100);
  /* What only compares the ciphers with each other may be left out. */
  assert_true(done_without < 20);
  host_close(&host);
}

/* ---- A connection -------------------------------------------------------- */

static void echo(sim_host *host, wss_conn *conn, const wss_message *message) {
  (void)host;
  (void)wss_send(conn, message->type, message->data, message->size);
}

/* True if everything was done. */
static bool a_visit(sim_host *host, int version) {
  sim_client client;
  bool done;
  client_dial(&client, host, version);
  client_go_on(&client);
  (void)client_frame(&client, 0x81, "hello", 5);
  client_finish(&client);
  done = client.messages == 1 && client.code == 1000;
  client_close(&client);
  sim_settle();
  return done;
}

static void fails(sim_host *host, int version, size_t at) {
  size_t count = host->count;
  long before = live;
  bool done;
  plan(at);
  done = a_visit(host, version);
  /* Not every handshake takes the same number of them. */
  assert_true(failed == 1 || done);
  find_lost(version);
  plan(0);
  assert_int_equal(live, before);
  assert_int_equal(host->count, count + 1); /* its end, whatever it was */
  if (!done) {
    const host_record *record = host_last(host);
    assert_true(record->closes);
    assert_true(record->error == WSS_ERR_NOMEM || record->error == WSS_ERR_TLS);
    not_called_so += record->error != WSS_ERR_NOMEM;
  }
  assert_true(a_visit(host, version));
  assert_int_equal(live, before);
}

/* The certificate that there is anyway, as one for a name. */
static wss_identity *load_identity(const sim_host *host) {
  const char *folder = getenv("WSS_PKI");
  char path[512];
  const wss_sni_cert cert = {.local_cert = path};
  wss_identity *identity;
  (void)snprintf(path, sizeof path, "%s/combined.pem", folder);
  assert_int_equal(wss_identity_new(&identity, host->server, &cert), 0);
  return identity;
}

static int choose(sim_host *host, const char *name, wss_identity **identity) {
  (void)name;
  *identity = host->user;
  return 0;
}

static void each_of(int version) {
  sim_host host;
  size_t count;
  size_t step;
  size_t at;
  host_open(&host, NULL, false);
  host_listen_tls(&host);
  host.hooks.message = echo;
  host.hooks.sni = choose;
  host.user = load_identity(&host);
  spare_hashes = version == 12;
  assert_true(a_visit(&host, version));
  plan(0);
  assert_true(a_visit(&host, version));
  count = calls;
  assert_true(count > 40);
  step = stride(count);
  for (at = 1; at <= count; at += step)
    fails(&host, version, at);
  say_counts((count + step - 1) / step);
  wss_identity_free(host.user);
  host_close(&host);
}

static void tls_1_2(void **state) {
  (void)state;
  each_of(12);
}

static void tls_1_3(void **state) {
  (void)state;
  each_of(13);
}

/* ---- Elliptic curves ------------------------------------------------------
 */

static int same_random(void *state, unsigned char *bytes, size_t size) {
  (void)state;
  memset(bytes, 0x42, size);
  return 0;
}

/* A key, a secret shared with itself, a signature. */
static int arithmetic(mbedtls_ecp_group_id curve) {
  const unsigned char digest[32] = {1};
  mbedtls_ecp_group group;
  mbedtls_ecp_point point;
  mbedtls_mpi key;
  mbedtls_mpi r;
  mbedtls_mpi s;
  int code;
  mbedtls_ecp_group_init(&group);
  mbedtls_ecp_point_init(&point);
  mbedtls_mpi_init(&key);
  mbedtls_mpi_init(&r);
  mbedtls_mpi_init(&s);
  code = mbedtls_ecp_group_load(&group, curve);
  if (code == 0)
    code = mbedtls_ecdh_gen_public(&group, &key, &point, same_random, NULL);
  if (code == 0)
    code = mbedtls_ecdh_compute_shared(&group, &r, &point, &key, same_random,
                                       NULL);
  if (code == 0 && mbedtls_ecdsa_can_do(curve))
    code = mbedtls_ecdsa_sign(&group, &r, &s, &key, digest, sizeof digest,
                              same_random, NULL);
  mbedtls_mpi_free(&s);
  mbedtls_mpi_free(&r);
  mbedtls_mpi_free(&key);
  mbedtls_ecp_point_free(&point);
  mbedtls_ecp_group_free(&group);
  return code;
}

static void elliptic_curves(void **state) {
  static const mbedtls_ecp_group_id curves[] = {MBEDTLS_ECP_DP_SECP256R1,
                                                MBEDTLS_ECP_DP_CURVE25519,
                                                MBEDTLS_ECP_DP_SECP384R1};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT_OF(curves); i++) {
    long before = live;
    size_t count;
    size_t step;
    size_t at;
    serving = true;
    plan(0);
    assert_int_equal(arithmetic(curves[i]), 0);
    count = calls;
    step = stride(count);
    for (at = 1; at <= count; at += step) {
      plan(at);
      assert_true(arithmetic(curves[i]) != 0);
      assert_int_equal(failed, 1);
      assert_int_equal(live, before);
    }
    plan(0);
    serving = false;
    print_message("%zu allocations\n", count);
  }
}

static void nothing_is_left(void **state) {
  (void)state;
  mbedtls_psa_crypto_free();
  assert_int_equal(live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_set_up),      cmocka_unit_test(tls_1_2),
      cmocka_unit_test(tls_1_3),         cmocka_unit_test(elliptic_curves),
      cmocka_unit_test(nothing_is_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
