#include "tls/tickets.h"

#include <string.h>

#include <mbedtls/constant_time.h>
#include <mbedtls/hkdf.h>
#include <mbedtls/platform_util.h>

#include "tls/code.h"
#include "tls/compat.h"
#include "tls/handshake.h"
#include "tls/hello.h"
#include "tls/policy.h"

#define NAME_SIZE MBEDTLS_SSL_TICKET_KEY_NAME_BYTES
#define KEY_SIZE MBEDTLS_SSL_TICKET_MAX_KEY_BYTES

/* Mbed TLS puts a random key in the place of one that is as old as its tickets
   may become by the system's clock, or that comes from the future. So that it
   never sees one, they are derived anew after this many seconds, and when that
   clock is set back. */
#define DERIVED_FOR (60 * 60)

/* Mbed TLS would send as many with each full handshake, and one with each
   resumed one. A client opens one WebSocket, and is handed its next ticket on
   each connection. */
#define TICKETS_PER_HANDSHAKE 1

/* Of HMAC with SHA-256 as much as GCM's tag has. */
#define BINDING_SIZE 16

static bool is_tls13(const mbedtls_ssl_context *ssl) {
  return mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
}

/* HKDF-Expand (RFC 5869 2.3); the secrets are as good as random. */
static int expand(const uint8_t *secret, const void *info, size_t info_size,
                  uint8_t *to, size_t size) {
  return mbedtls_hkdf_expand(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                             secret, WSS__TLS_SECRET_SIZE, info, info_size, to,
                             size);
}

/* The secret of the period after secret's. */
static int next_secret(const uint8_t *secret, uint8_t *next) {
  static const char info[] = "libwss next ticket secret";
  return expand(secret, info, sizeof info - 1, next, WSS__TLS_SECRET_SIZE);
}

/* Makes secret that of the period before this one; older ones are gone. It is
   the server's, so another listener may have done it already. */
static int advance(wss__tls_secret *secret, uint64_t period) {
  for (bool second = false; secret->period < period; second = true) {
    uint8_t next[WSS__TLS_SECRET_SIZE];
    int code = next_secret(secret->bytes, next);
    if (code != 0)
      return code;
    memcpy(secret->bytes, next, sizeof next);
    mbedtls_platform_zeroize(next, sizeof next);
    /* After two steps nothing is left of a key that was in use. */
    secret->period = second ? period : secret->period + 1;
  }
  return 0;
}

/* Makes the key of a period's secret the one that issues; the last one stays.
 */
static int use_secret(wss__tls_tickets *tickets, const uint8_t *secret) {
  uint8_t derived[NAME_SIZE + KEY_SIZE + WSS__TLS_SECRET_SIZE];
  int code = expand(secret, tickets->policy, strlen(tickets->policy), derived,
                    sizeof derived);
  if (code == 0)
    code = mbedtls_ssl_ticket_rotate(&tickets->keys, derived, NAME_SIZE,
                                     derived + NAME_SIZE, KEY_SIZE,
                                     WSS__TLS_TICKET_PERIOD);
  if (code == 0) {
    memcpy(tickets->bindings[1], tickets->bindings[0], WSS__TLS_SECRET_SIZE);
    memcpy(tickets->bindings[0], derived + NAME_SIZE + KEY_SIZE,
           WSS__TLS_SECRET_SIZE);
  }
  mbedtls_platform_zeroize(derived, sizeof derived);
  return code;
}

static int derive(wss__tls_tickets *tickets, uint64_t period) {
  uint8_t next[WSS__TLS_SECRET_SIZE];
  int code = advance(tickets->secret, period);
  if (code == 0)
    code = use_secret(tickets, tickets->secret->bytes);
  if (code == 0)
    code = next_secret(tickets->secret->bytes, next);
  if (code == 0)
    code = use_secret(tickets, next);
  mbedtls_platform_zeroize(next, sizeof next);
  return code;
}

/* Sees to it that the keys are those of now. */
static int refresh(wss__tls_tickets *tickets) {
  mbedtls_time_t clock = mbedtls_time(NULL);
  uint64_t period = (uint64_t)tickets->now() / 1000 / WSS__TLS_TICKET_PERIOD;
  if (tickets->derived_at != 0 && period == tickets->period &&
      clock >= tickets->derived_at && clock - tickets->derived_at < DERIVED_FOR)
    return 0;
  tickets->derived_at = 0;
  int code = derive(tickets, period);
  if (code != 0)
    return code;
  tickets->derived_at = clock;
  tickets->period = period;
  return 0;
}

/* What stands behind a ticket: it is bound to the server name that it was
   issued for. Mbed TLS's own has no place for that, which RFC 6066 3 asks for
   in TLS 1.2; in TLS 1.3 it is more than RFC 8446 4.2.11 does. */
static int bind_name(const uint8_t *key, const wss__tls_slice *name,
                     const uint8_t *ticket, size_t size, uint8_t *binding) {
  const mbedtls_md_info_t *hash = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  uint8_t named[WSS__TLS_SECRET_SIZE];
  uint8_t whole[WSS__TLS_SECRET_SIZE];
  int code = mbedtls_md_hmac(hash, key, WSS__TLS_SECRET_SIZE, name->data,
                             name->size, named);
  if (code == 0)
    code = mbedtls_md_hmac(hash, named, sizeof named, ticket, size, whole);
  if (code == 0)
    memcpy(binding, whole, BINDING_SIZE);
  mbedtls_platform_zeroize(named, sizeof named);
  mbedtls_platform_zeroize(whole, sizeof whole);
  return code;
}

static bool is_bound(const wss__tls_tickets *tickets,
                     const wss__tls_slice *name, const uint8_t *ticket,
                     size_t size) {
  for (size_t i = 0; i < WSS__TLS_TICKET_KEYS; i++) {
    uint8_t binding[BINDING_SIZE];
    if (bind_name(tickets->bindings[i], name, ticket, size, binding) == 0 &&
        mbedtls_ct_memcmp(binding, ticket + size, sizeof binding) == 0)
      return true;
  }
  return false;
}

/* The name in the ClientHello; "" if there is none. The extensions may come in
   any order, so Mbed TLS may not have seen it yet. */
static bool client_name(const mbedtls_ssl_context *ssl, wss__tls_slice *name) {
  wss__tls_slice found;
  size_t size;
  const uint8_t *hello = wss__compat_client_hello(ssl, &size);
  *name = (wss__tls_slice){.data = (const uint8_t *)"", .size = 0};
  return !wss__tls_hello_extension(hello, size, WSS__TLS_EXTENSION_NAME,
                                   &found) ||
         wss__tls_hello_name(&found, name);
}

/* What RFC 5077 and Mbed TLS leave open: the suite goes with the key for the
   client's server name, and the client has an extended master secret, as each
   session that got a ticket (RFC 7627 5.3). */
static bool fits_tls12(wss__tls_engine *engine, int suite,
                       const wss__tls_slice *name) {
  wss__tls_slice unused;
  size_t size;
  const uint8_t *hello = wss__compat_client_hello(&engine->ssl, &size);
  const wss__tls_identity *identity =
      wss__tls_handshake_identity(engine, name->data, name->size);
  return identity != NULL &&
         wss__tls_policy_suite_fits(suite, &identity->key) &&
         wss__tls_hello_extension(hello, size, WSS__TLS_EXTENSION_MASTER,
                                  &unused);
}

/* Mbed TLS takes a ticket of TLS 1.3 for a session of TLS 1.2 without a master
   secret, and goes on with another suite than the session's, which clients do
   not accept. */
static bool fits(wss__tls_engine *engine, const mbedtls_ssl_session *session,
                 const wss__tls_slice *name) {
  int id = mbedtls_ssl_session_get_ciphersuite_id(session);
  const wss__tls_suite *suite = wss__tls_suite_find(id);
  if (suite == NULL || suite->tls13 != is_tls13(&engine->ssl))
    return false;
  return suite->tls13 || fits_tls12(engine, id, name);
}

static int write_ticket(wss__tls_tickets *tickets,
                        const mbedtls_ssl_session *session,
                        unsigned char *start, const unsigned char *end,
                        size_t *size, uint32_t *lifetime) {
  const char *name = tickets->engine->server_name;
  wss__tls_slice bound = {(const uint8_t *)"", 0};
  if (name != NULL)
    bound = (wss__tls_slice){(const uint8_t *)name, strlen(name)};
  if (end - start < BINDING_SIZE)
    return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
  int code = mbedtls_ssl_ticket_write(&tickets->keys, session, start,
                                      end - BINDING_SIZE, size, lifetime);
  if (code == 0)
    code = bind_name(tickets->bindings[0], &bound, start, *size, start + *size);
  if (code == 0)
    *size += BINDING_SIZE;
  return code;
}

/* Mbed TLS's callbacks. Whatever open_ticket returns, the handshake goes on. In
   TLS 1.2 it does so if issue_ticket fails, too, without a ticket. */
static int issue_ticket(void *tickets_, const mbedtls_ssl_session *session,
                        unsigned char *start, const unsigned char *end,
                        size_t *size, uint32_t *lifetime) {
  wss__tls_tickets *tickets = tickets_;
  const wss__tls_engine *engine = tickets->engine;
  *size = 0;
  *lifetime = 0;
  int code = engine == NULL ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : refresh(tickets);
  if (code == 0 && !is_tls13(&engine->ssl) && !engine->extended_master)
    code = MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
  if (code == 0)
    code = write_ticket(tickets, session, start, end, size, lifetime);
  return code;
}

static int open_ticket(void *tickets_, mbedtls_ssl_session *session,
                       unsigned char *data, size_t size) {
  wss__tls_tickets *tickets = tickets_;
  wss__tls_engine *engine = tickets->engine;
  wss__tls_slice name;
  if (engine == NULL)
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  int code = refresh(tickets);
  if (code != 0)
    return code;
  if (size < BINDING_SIZE || !client_name(&engine->ssl, &name) ||
      !is_bound(tickets, &name, data, size - BINDING_SIZE))
    return MBEDTLS_ERR_SSL_INVALID_MAC;
  code = mbedtls_ssl_ticket_parse(&tickets->keys, session, data,
                                  size - BINDING_SIZE);
  if (code == 0 && !fits(engine, session, &name))
    code = MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
  /* In TLS 1.3 Mbed TLS may find more that it does not like, and only the
     ServerHello tells. */
  if (code == 0 && !is_tls13(&engine->ssl))
    engine->resumed = true;
  return code;
}

void wss__tls_tickets_init(wss__tls_tickets *tickets) {
  memset(tickets, 0, sizeof *tickets);
  mbedtls_ssl_ticket_init(&tickets->keys);
  tickets->now = mbedtls_ms_time;
}

int wss__tls_tickets_start(wss__tls_tickets *tickets, wss__tls_secret *secret,
                           const char *policy) {
  tickets->secret = secret;
  tickets->policy = policy;
  int code = mbedtls_ssl_ticket_setup(
      &tickets->keys, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE,
      MBEDTLS_CIPHER_AES_256_GCM, WSS__TLS_TICKET_PERIOD);
  if (code == 0)
    return 0;
  return wss__tls_code_is_nomem(code) ? WSS_ERR_NOMEM : WSS_ERR_TLS;
}

void wss__tls_tickets_free(wss__tls_tickets *tickets) {
  mbedtls_ssl_ticket_free(&tickets->keys);
  mbedtls_platform_zeroize(tickets->bindings, sizeof tickets->bindings);
}

void wss__tls_tickets_configure(wss__tls_tickets *tickets,
                                mbedtls_ssl_config *config) {
  mbedtls_ssl_conf_session_tickets_cb(config, issue_ticket, open_ticket,
                                      tickets);
  mbedtls_ssl_conf_new_session_tickets(config, TICKETS_PER_HANDSHAKE);
  /* Never a PSK alone: each connection has forward secrecy. */
  mbedtls_ssl_conf_tls13_key_exchange_modes(
      config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL |
                  MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
}
