/* on_sni: what it chooses, and what a program may do within it. */
#include "support/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static wss_sni_cert cert_for(const char *name) {
  static char paths[16][512];
  static size_t next;
  char *cert = paths[next++ % 16];
  char *key = paths[next++ % 16];
  const char *folder = getenv("WSS_PKI");
  assert_non_null(folder);
  (void)snprintf(cert, sizeof paths[0], "%s/%s.pem", folder, name);
  (void)snprintf(key, sizeof paths[0], "%s/%s.key", folder, name);
  return (wss_sni_cert){.local_cert = cert, .local_pk = key};
}

static wss_identity *identity_of(sim_host *host, const char *name) {
  const wss_sni_cert cert = cert_for(name);
  wss_identity *identity;
  assert_int_equal(wss_identity_new(&identity, host->server, &cert), 0);
  assert_non_null(identity);
  return identity;
}

/* ---- Choosing ------------------------------------------------------------ */

static wss_identity *chosen;
static int answer;
static char asked[256];

static int choose(sim_host *host, const char *name, wss_identity **identity) {
  (void)host;
  (void)snprintf(asked, sizeof asked, "%s", name);
  *identity = chosen;
  return answer;
}

static int on_sni(wss_server *server, const char *name, wss_identity **identity,
                  void *user) {
  (void)server;
  return choose(user, name, identity);
}

/* A client that asks for the name, and looks at no certificate. */
static void call_on(tls_client *client, const sim_host *host, int version,
                    const char *name) {
  tls_client_open(client, "ca.pem", version);
  mbedtls_ssl_conf_authmode(&client->config, MBEDTLS_SSL_VERIFY_OPTIONAL);
  assert_int_equal(mbedtls_ssl_set_hostname(&client->ssl, name), 0);
  client->peer = sim_connect(host->secure_port);
  assert_non_null(client->peer);
}

/* Shakes hands as far as it gets. */
static int shake(tls_client *client) {
  int code = MBEDTLS_ERR_SSL_WANT_READ;
  int rounds;
  for (rounds = 0; rounds < 10 && code == MBEDTLS_ERR_SSL_WANT_READ; rounds++) {
    sim_settle();
    code = tls_client_step(client);
  }
  sim_settle();
  return code;
}

static void hang_up(tls_client *client) {
  sim_hang_up(client->peer);
  tls_client_close(client);
  sim_settle();
}

static void expect_subject(sim_host *host, int version, const char *name,
                           const char *subject) {
  char text[100];
  tls_client client;
  call_on(&client, host, version, name);
  assert_int_equal(shake(&client), 0);
  const mbedtls_x509_crt *shown = mbedtls_ssl_get_peer_cert(&client.ssl);
  assert_non_null(shown);
  assert_true(mbedtls_x509_dn_gets(text, sizeof text, &shown->subject) > 0);
  assert_string_equal(text, subject);
  hang_up(&client);
}

static void its_choice_is_shown(void **state) {
  static const int versions[] = {12, 13};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    sim_host host;
    host_open(&host, NULL, true);
    host.hooks.sni = choose;
    host_listen_tls(&host);
    chosen = identity_of(&host, "sni-b");
    answer = 0;
    expect_subject(&host, versions[i], "A.Example.ORG.", "CN=sni-b");
    assert_string_equal(asked, "a.example.org");
    assert_int_equal(host.names, 1);
    wss_identity_free(chosen);
    chosen = NULL;
    expect_subject(&host, versions[i], "a.example.org", "CN=server");
    assert_int_equal(host.names, 2);
    expect_subject(&host, versions[i], NULL, "CN=server");
    assert_int_equal(host.names, 2);
    host_close(&host);
  }
}

static void expect_refused(sim_host *host, int version, const char *why) {
  tls_client client;
  call_on(&client, host, version, "a.example.org");
  assert_int_equal(shake(&client), MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
  hang_up(&client);
  assert_string_equal(host_last(host)->alert, "unrecognized_name");
  assert_string_equal(host_last(host)->message, why);
}

static void a_name_may_be_refused(void **state) {
  sim_host host;
  (void)state;
  host_open(&host, NULL, true);
  host.hooks.sni = choose;
  host_listen_tls(&host);
  chosen = NULL;
  answer = WSS_REFUSE;
  expect_refused(&host, 12, "on_sni refused the client's server name");
  answer = WSS_ERR_INVALID;
  expect_refused(&host, 13, "on_sni refused the client's server name");
  assert_int_equal(host.names, 2);
  host_close(&host);
}

/* Its count is not to be touched on this server's thread. */
static void an_identity_of_another_server_is_refused(void **state) {
  const wss_handler handler = {0};
  const wss_sni_cert cert = cert_for("sni-a");
  wss_server *server;
  sim_host host;
  (void)state;
  host_open(&host, NULL, true);
  host.hooks.sni = choose;
  host_listen_tls(&host);
  assert_int_equal(wss_server_new(&server, sim_loop(), &handler, NULL, NULL),
                   0);
  assert_int_equal(wss_identity_new(&chosen, server, &cert), 0);
  answer = 0;
  expect_refused(&host, 13, "on_sni chose an identity of another server");
  assert_int_equal(wss_server_close(server, 0, NULL), 0);
  sim_settle();
  wss_identity_free(chosen);
  wss_identity_free(NULL);
  host_close(&host);
}

/* Options of the listener's that wss_listen would hold a certificate to. */
static void an_identity_that_the_listener_excludes(void **state) {
  const wss_sni_cert main = cert_for("sni-c");
  const wss_ssl_context ssl = {.local_cert = main.local_cert,
                               .local_pk = main.local_pk,
                               .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384",
                               .on_sni = on_sni};
  static const int versions[] = {12, 13};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    sim_host host;
    host_open(&host, NULL, true);
    assert_int_equal(
        wss_listen(host.server, "127.0.0.1", 0, &ssl, &host.secure), 0);
    host.secure_port = wss_listener_port(host.secure);
    chosen = identity_of(&host, "sni-a");
    answer = 0;
    expect_subject(&host, versions[i], "a.example.org", "CN=sni-a");
    wss_identity_free(chosen);
    chosen = identity_of(&host, "sni-b");
    expect_refused(&host, versions[i],
                   "on_sni chose a key that security_level or ciphers exclude");
    wss_identity_free(chosen);
    host_close(&host);
  }
}

/* ---- Within it ----------------------------------------------------------- */

/* The connection that is being shaken hands with, as the program never sees it.
 */
static int gives_its_own_up(sim_host *host, const char *name,
                            wss_identity **identity) {
  (void)name;
  *identity = chosen;
  host_shut(host, 0);
  return answer;
}

/* The end is the server's, whatever becomes of the handshake. */
static void the_server_may_be_closed(void **state) {
  static const int answers[] = {0, WSS_REFUSE};
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    sim_host host;
    tls_client client;
    host_open(&host, NULL, true);
    host.hooks.sni = gives_its_own_up;
    host_listen_tls(&host);
    chosen = identity_of(&host, "sni-a");
    answer = answers[i % 2];
    call_on(&client, &host, i < 2 ? 12 : 13, "a.example.org");
    assert_int_not_equal(shake(&client), 0);
    assert_int_equal(client.received, 0);
    assert_int_equal(host.closed, 1);
    assert_int_equal(host.errors, 0);
    if (host.count > 0)
      assert_int_equal(host_last(&host)->info.cause, WSS_CAUSE_SERVER_CLOSE);
    wss_identity_free(chosen);
    tls_client_close(&client);
    host_close(&host);
  }
}

static uint8_t large[200000];

static int sends_much(sim_host *host, const char *name,
                      wss_identity **identity) {
  (void)name;
  (void)identity;
  if (host->conn == NULL)
    return 0;
  return wss_send(host->conn, WSS_BINARY, large, sizeof large) < 0 ? -1 : 0;
}

static int defers(sim_host *host, wss_conn *conn, const wss_request *request) {
  (void)host;
  (void)conn;
  (void)request;
  return WSS_DEFER;
}

/* A large message is sealed at once, in the buffer that the handshake's answer
   is written to as well. */
static void a_large_message_may_be_sent(void **state) {
  static const int versions[] = {12, 13};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    sim_host host;
    sim_client client;
    tls_client newcomer;
    host_open(&host, NULL, true);
    host.hooks.request = defers;
    host_listen_tls(&host);
    client_connect(&client, &host, versions[i]);
    client_lead(&client, WSS__OPEN);
    sim_settle();
    host.hooks.sni = sends_much;
    call_on(&newcomer, &host, versions[i], "localhost");
    assert_int_equal(shake(&newcomer), 0);
    client_go_on(&client);
    assert_int_equal(client.messages, 1);
    hang_up(&newcomer);
    client_finish(&client);
    client_close(&client);
    host_close(&host);
  }
}

/* A client that is asked for its ClientHello again, since it offers a key share
   of a group that the server does not take. */
static void call_twice_on(tls_client *client, const sim_host *host,
                          const char *name) {
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
  call_on(client, host, 13, NULL);
  mbedtls_ssl_conf_groups(&client->config, groups);
  assert_int_equal(mbedtls_ssl_session_reset(&client->ssl), 0);
  assert_int_equal(mbedtls_ssl_set_hostname(&client->ssl, name), 0);
  sim_settle();
  assert_int_equal(tls_client_step(client), MBEDTLS_ERR_SSL_WANT_READ);
  sim_settle();
  assert_true(client->peer->size > 0);
}

static void it_is_asked_once(void **state) {
  sim_host host;
  tls_client client;
  (void)state;
  host_open(&host, NULL, true);
  host.hooks.sni = choose;
  host_listen_tls(&host);
  chosen = identity_of(&host, "sni-a");
  answer = 0;
  call_twice_on(&client, &host, "a.example.org");
  assert_int_equal(host.names, 1);
  assert_int_equal(shake(&client), 0);
  assert_int_equal(host.names, 1);
  hang_up(&client);
  /* A name that comes with the second one only. */
  call_twice_on(&client, &host, NULL);
  assert_int_equal(mbedtls_ssl_set_hostname(&client.ssl, "a.example.org"), 0);
  assert_int_not_equal(shake(&client), 0);
  hang_up(&client);
  assert_string_equal(host_last(&host)->alert, "unrecognized_name");
  assert_int_equal(host.names, 1);
  wss_identity_free(chosen);
  host_close(&host);
}

/* The program gives its identity up between the choice and the signature. */
static void an_identity_lives_as_long_as_a_handshake(void **state) {
  sim_host host;
  tls_client client;
  (void)state;
  host_open(&host, NULL, true);
  host.hooks.sni = choose;
  host_listen_tls(&host);
  chosen = identity_of(&host, "sni-a");
  answer = 0;
  call_twice_on(&client, &host, "a.example.org");
  assert_int_equal(host.names, 1);
  wss_identity_free(chosen);
  assert_int_equal(shake(&client), 0);
  hang_up(&client);
  host_close(&host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(its_choice_is_shown),
      cmocka_unit_test(a_name_may_be_refused),
      cmocka_unit_test(an_identity_of_another_server_is_refused),
      cmocka_unit_test(an_identity_that_the_listener_excludes),
      cmocka_unit_test(the_server_may_be_closed),
      cmocka_unit_test(a_large_message_may_be_sent),
      cmocka_unit_test(it_is_asked_once),
      cmocka_unit_test(an_identity_lives_as_long_as_a_handshake),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
