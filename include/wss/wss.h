/*
 * libwss: WebSocket over TLS (wss://) for C programs on a libuv loop.
 *
 * The header reads top to bottom: rules, errors, options, server and
 * listeners, requests, connections, statistics.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WSS_WSS_H
#define WSS_WSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WSS_VERSION_MAJOR 0
#define WSS_VERSION_MINOR 1
#define WSS_VERSION_PATCH 0

#ifndef WSS_API
#if defined(__GNUC__)
#define WSS_API __attribute__((visibility("default")))
#else
#define WSS_API
#endif
#endif

/*
 * ---- The rules -----------------------------------------------------------
 *
 * Threads    A server belongs to the thread that runs its loop. Every call
 *            here is made on that thread. Servers on several threads need
 *            a Mbed TLS with MBEDTLS_THREADING_C, as the bundled one.
 * Callbacks  Anything may be called from any callback, wss_terminate and
 *            wss_server_close included. No callback ever runs from inside a
 *            call into the library.
 * Pointers   What a callback is handed is valid until the callback returns;
 *            what the library is handed is copied before the call returns.
 * Lifetime   A wss_conn is valid from its on_request to the end of its
 *            on_close. Every on_request is followed by exactly one on_close.
 * Zero       In every struct that the program fills, zero means the default.
 *            WSS_OFF switches a limit, a deadline or a switch off.
 * Results    An int: zero or positive is success, negative is an error of
 *            the list below or one of libuv's.
 * Time       Milliseconds.
 * SIGPIPE    wss_server_new sets it to SIG_IGN if, and only if, it is still
 *            SIG_DFL: libuv does not suppress it.
 * ABI        The static inline functions pass the size of the program's
 *            struct to the function named ..._sized, which bindings call
 *            themselves. Structs grow at the end; bytes beyond what the
 *            library knows must be zero, or the answer is WSS_ERR_ABI.
 */
#define WSS_ON 1
#define WSS_OFF (-1)

typedef struct uv_loop_s uv_loop_t;
typedef struct wss_server wss_server;
typedef struct wss_listener wss_listener;
typedef struct wss_conn wss_conn;
typedef struct wss_identity wss_identity; /* a certificate and its key */

/* The library's version, "MAJOR.MINOR.PATCH". */
WSS_API const char *wss_version(void);

/* ---- Errors ------------------------------------------------------------ */

/* X(name, code, text) for every error of the library's own. */
#define WSS_ERROR_MAP(X)                                                       \
  X(WSS_ERR_INVALID, -8001, "invalid argument")                                \
  X(WSS_ERR_ABI, -8002, "struct is of a newer version of the library")         \
  X(WSS_ERR_NOMEM, -8003, "out of memory")                                     \
  X(WSS_ERR_CLOSED, -8004, "closed or closing")                                \
  X(WSS_ERR_AGAIN, -8005, "send buffer is full")                               \
  X(WSS_ERR_TOO_BIG, -8006, "larger than the limit allows")                    \
  X(WSS_ERR_UTF8, -8007, "text is not UTF-8")                                  \
  X(WSS_ERR_CLOSE_CODE, -8008, "close code is not allowed on the wire")        \
  X(WSS_ERR_STATE, -8009, "not possible in this state")                        \
  X(WSS_ERR_SUBPROTOCOL, -8010, "subprotocol was not offered")                 \
  X(WSS_ERR_HEADER, -8011, "header name or value is not allowed")              \
  X(WSS_ERR_UNSUPPORTED, -8012, "option is not supported")                     \
  X(WSS_ERR_CERT_READ, -8013, "certificate file cannot be read")               \
  X(WSS_ERR_CERT_PARSE, -8014, "certificate cannot be parsed")                 \
  X(WSS_ERR_KEY_READ, -8015, "private key file cannot be read")                \
  X(WSS_ERR_KEY_PARSE, -8016, "private key cannot be parsed")                  \
  X(WSS_ERR_PASSPHRASE, -8017, "passphrase is missing or wrong")               \
  X(WSS_ERR_KEY_MISMATCH, -8018, "private key does not match certificate")     \
  X(WSS_ERR_KEY_TYPE, -8019, "certificate's kind of key is not supported")     \
  X(WSS_ERR_CERT_EXPIRED, -8020, "certificate has expired")                    \
  X(WSS_ERR_CERT_FUTURE, -8021, "certificate is not yet valid")                \
  X(WSS_ERR_TLS, -8022, "TLS failed")                                          \
  X(WSS_ERR_PLAIN_HTTP, -8023, "plain HTTP on a TLS port")                     \
  X(WSS_ERR_HTTP, -8024, "HTTP request is not valid")                          \
  X(WSS_ERR_HANDSHAKE, -8025, "WebSocket handshake is not valid")              \
  X(WSS_ERR_ORIGIN, -8026, "Origin is not allowed")                            \
  X(WSS_ERR_PROTOCOL, -8027, "peer broke the WebSocket protocol")              \
  X(WSS_ERR_TIMEOUT, -8028, "deadline passed")                                 \
  X(WSS_ERR_TRUNCATED, -8029, "peer ended the connection too early")           \
  X(WSS_ERR_LIMIT, -8030, "a limit was passed")                                \
  X(WSS_ERR_TLS_VERSION, -8031, "TLS version is not supported")                \
  X(WSS_ERR_CIPHERS, -8032, "cipher suites or groups are not supported")       \
  X(WSS_ERR_CERT_NAME, -8033, "certificate does not cover its host name")      \
  X(WSS_ERR_KEYLOG_WRITE, -8034, "key log cannot be written")                  \
  X(WSS_ERR_KEYLOG, -8035, "secrets of connections are written to a file")     \
  X(WSS_ERR_CA_READ, -8036, "file of CA certificates cannot be read")          \
  X(WSS_ERR_CA_PARSE, -8037, "CA certificates cannot be parsed")               \
  X(WSS_ERR_CRL, -8038, "revocation list is not usable")                       \
  X(WSS_ERR_PEER_CERT, -8039, "client certificate was refused")                \
  X(WSS_ERR_CERT_CHAIN, -8040, "certificate chain is not complete")            \
  X(WSS_ERR_CERT_ORDER, -8041, "certificate chain is not in order")            \
  X(WSS_ERR_CERT_NAMES, -8042, "names that the certificate is for")            \
  X(WSS_ERR_CERT_WEAK, -8043, "certificate has a weak signature or key")       \
  X(WSS_ERR_CERT_EXPIRES, -8044, "certificate expires soon")                   \
  X(WSS_ERR_CERT_LIFETIME, -8045, "certificate is valid for too long")         \
  X(WSS_ERR_CERT_PURPOSE, -8046, "certificate is for another purpose")         \
  X(WSS_ERR_KEY_MODE, -8047, "private key file is open to others")             \
  X(WSS_ERR_KEY_COST, -8048, "private key makes handshakes slow")              \
  X(WSS_ERR_CERT_ISSUER, -8049, "certificate's issuer is not trusted")         \
  X(WSS_ERR_CERT_ROOT, -8050, "root certificate is sent needlessly")

enum {
#define WSS__ERROR_ENUM(name, code, text) name = (code),
  WSS_ERROR_MAP(WSS__ERROR_ENUM)
#undef WSS__ERROR_ENUM
};

/* One sentence for a code, the library's or libuv's; never NULL. */
WSS_API const char *wss_strerror(int error);

/* The code's name, such as "WSS_ERR_TLS" or "EADDRINUSE"; never NULL. */
WSS_API const char *wss_err_name(int error);

/* ---- Options ----------------------------------------------------------- */

/* Memory functions for the library's own allocations, all three or none.
   Mbed TLS and libuv keep their own. Any of them may fail (NULL). */
typedef struct wss_allocator {
  void *(*malloc)(size_t size, void *user);
  void *(*realloc)(void *memory, size_t size, void *user);
  void (*free)(void *memory, void *user);
  void *user;
} wss_allocator;

/* Options of a server. Lists end with NULL. */
typedef struct wss_options {
  wss_allocator allocator;   /* default: malloc, realloc, free */
  int64_t handshake_timeout; /* ms for TCP, TLS and HTTP together: 10,000 */
  int64_t message_timeout;   /* ms from a message's first byte to its last, else
                                close 1008: 60,000 */
  int64_t ping_interval;    /* ms between Pings of the library's: the smaller of
                               25,000 and half of idle_timeout */
  int64_t idle_timeout;     /* ms without a byte from the peer, else it is cut,
                               1006: 60,000. This, message_timeout and the
                               Pings stand still while it is not read from */
  int64_t write_timeout;    /* ms in which a peer takes nothing of what waits
                               for it, else it is cut, 1006: 30,000; noticed
                               up to a quarter later */
  int64_t close_timeout;    /* ms for a close handshake, and for a peer to take
                               any more of what is sent last: 5,000 */
  int64_t max_message_size; /* bytes, else close 1009: 1 MiB */
  int64_t max_fragments;    /* frames of a message, else close 1008: 1,024 */
  int64_t max_control_rate; /* Ping and Pong frames from a peer within a
                               second, else close 1008: 50 */
  int64_t max_header_size;  /* bytes of a request's head, else 431: 8 KiB;
                               cannot be switched off */
  int64_t send_high_water;  /* bytes: above it wss_send returns 1 and the
                               connection is not read from: 64 KiB */
  int64_t max_send_buffer;  /* bytes: never passed; the larger of 4 MiB and
                               max_message_size + 64 KiB */
  int64_t max_connections;  /* above it they are accepted and closed: the
                               smaller of 10,000 and the soft RLIMIT_NOFILE
                               - 32. wss_listen refuses a larger one than
                               that allows with WSS_ERR_LIMIT */
  int64_t max_pending;      /* connections whose handshake is not over: 1,000.
                               Above it the oldest one without a complete
                               ClientHello (plain: request) is cut; if there
                               is none, accepting pauses */
  int64_t max_per_address;  /* connections of one IPv4 address or IPv6 /64
                               network, others are closed: off. Not for use
                               behind a proxy */
  const char *const *origins; /* allowed Origin values, as "https://a.org" or
                                 "a.org"; "*" allows all. Default: an Origin
                                 whose host name equals the Host header's */
  const char *const *subprotocols; /* the server's, best first (RFC 6455 1.9);
                                      the first one that was offered is used
                                      unless on_request chooses */
  int backlog;                     /* of listen(2): 511 */
  int ipv6_v6only; /* WSS_ON: "::" does not take IPv4; default off */
} wss_options;

/* Who protects TLS records once the handshake is over. */
typedef enum wss_record_layer {
  WSS_RECORD_OWN = 0,    /* libwss: less memory, faster */
  WSS_RECORD_MBEDTLS = 1 /* Mbed TLS, as it does the handshake */
} wss_record_layer;

/* Of min_proto_version and max_proto_version; the numbers are the wire's. */
enum { WSS_TLS_1_2 = 0x0303, WSS_TLS_1_3 = 0x0304 };

/* A certificate for a host name. Its fields are those of the SSL context. This
   struct never changes. */
typedef struct wss_sni_cert {
  const char *host; /* "a.example.org", or "*.example.org" for names with one
                       label more; case and a dot at the end do not matter */
  const char *local_cert;
  const char *local_pk;
  const char *passphrase;
  const void *local_cert_pem;
  size_t local_cert_pem_size;
  const void *local_pk_pem;
  size_t local_pk_pem_size;
  uint64_t reserved[4]; /* zero */
} wss_sni_cert;

/* Chooses the certificate for a client's server name (in small letters, without
   a dot at its end), once for each connection that has one, resumed or not:
   returns 0 with *identity set, or left NULL for the choice of
   SNI_server_certs; any other value refuses the client with the alert
   unrecognized_name. The library takes its own reference of *identity, which
   must be of this server.
   */
typedef int (*wss_sni_cb)(wss_server *server, const char *name,
                          wss_identity **identity, void *user);

/* The SSL context of a listener: PHP's option names. Paths are files with PEM.
   Everything is loaded and checked by wss_listen. Lists of names have a colon,
   comma or space between two; case does not matter; what is not known or not
   possible is an error that names it. docs/tls.md tells of each. */
typedef struct wss_ssl_context {
  const char *local_cert; /* the certificate, then its chain, leaf first; may
                             hold the private key too */
  const char *local_pk;   /* private key; NULL: it is in local_cert */
  const char *passphrase; /* of the private key */
  bool verify_peer;       /* each client must show a certificate, which is
                             verified in its handshake. False, the default,
                             asks for none; PHP's manual says true */
  bool allow_self_signed; /* with verify_peer: a client's certificate may be
                             signed with its own key, so anybody can make one;
                             without, no effect and no error. Serving one's
                             own needs no option */
  uint8_t record_layer;   /* a wss_record_layer */
  bool no_ticket;         /* issue and accept no session tickets: each client
                             shakes hands in full each time */
  bool verify_peer_name;  /* with verify_peer: the client's certificate must be
                             one for peer_name */
  uint8_t reserved[3];    /* zero */
  const char *ciphers; /* suites of TLS 1.2, best first, by IANA's or OpenSSL's
                          names; or DEFAULT, HIGH; or the preset "intermediate"
                          (all that there are; the default) or "modern" (TLS 1.3
                          alone) */
  const char *ciphersuites; /* suites of TLS 1.3, likewise. The client's order
                               decides among them */
  const char *curves; /* groups, best first: x25519, P-256, P-384, P-521, x448.
                         Default: the first two */
  const char *const *alpn_protocols; /* best first, of 1 to 255 bytes, ended by
                                        NULL: "http/1.1", which is always taken.
                                        A client that offers others alone is
                                        refused. An empty list: no ALPN */
  int min_proto_version;  /* WSS_TLS_1_2 (the default) or WSS_TLS_1_3. 1.0 and
                             1.1 (0x0301, 0x0302) become 1.2, with a warning */
  int max_proto_version;  /* WSS_TLS_1_2 or WSS_TLS_1_3 (the default) */
  int security_level;     /* 0 to 5, roughly OpenSSL's: from 3 on RSA keys have
                             3072 bits, from 4 on all is of 192 or more */
  int honor_cipher_order; /* in TLS 1.2 the server's order of suites decides,
                             not the client's: on. WSS_OFF */
  const char *cafile; /* for verify_peer, as all down to verify_depth: CAs that
                         clients' certificates are to be of */
  const char *capath; /* more of them: each file in a folder */
  const void *ca_pem; /* more of them, PEM text of ca_pem_size bytes */
  size_t ca_pem_size;
  const char *crlfile;                 /* revocation lists of these CAs */
  const char *const *peer_fingerprint; /* the certificate must be one of these:
                                          SHA-256 in 64 hexadecimal digits,
                                          colons allowed, ended by NULL */
  const char *peer_name; /* host name, address or URI; see verify_peer_name */
  int verify_depth;      /* how many CAs there may be above the certificate, the
                            trusted one counted: 9, which is the most */
  int reserved2;         /* zero */
  const void *local_cert_pem; /* in place of local_cert: what would be in the
                                 file, PEM text of local_cert_pem_size bytes
                                 (a NUL at its end may be counted) */
  size_t local_cert_pem_size;
  const void *local_pk_pem; /* in place of local_pk */
  size_t local_pk_pem_size;
  const wss_sni_cert *SNI_server_certs; /* certificates of other names, by the
                                           client's server name (RFC 6066 3):
                                           the same name, else the wildcard,
                                           else the certificate above */
  size_t SNI_server_cert_count;
  wss_sni_cb on_sni;       /* asked first; user is that of wss_server_new */
  const char *keylog_file; /* for debugging only: the secrets of all
                              connections are appended there (NSS key log, as
                              Wireshark reads it); who reads it can read them.
                              Mode 0600, or it is refused; on_error is told */
  int SNI_enabled; /* WSS_OFF: neither SNI_server_certs nor on_sni is used */
  int reserved3;   /* zero */
} wss_ssl_context;

/* ---- A set-up that explains itself ----------------------------------------
 */

typedef enum wss_severity {
  WSS_FINDING_NOTE = 0,    /* good to know */
  WSS_FINDING_WARNING = 1, /* it is served, and some clients will refuse it */
  WSS_FINDING_ERROR = 2    /* wss_listen refuses it */
} wss_severity;

/* What is wrong with a set-up; its strings live until the callback returns. */
typedef struct wss_finding {
  int code; /* as WSS_ERR_CERT_CHAIN */
  wss_severity severity;
  const char *option;  /* "local_cert"; "" if it is not about one */
  const char *message; /* one sentence with file and cause, no control bytes */
  const char *remedy;  /* what can be done about it */
} wss_finding;

/* Looks through an SSL context without a server or a loop, on any thread. Goes
   on after an error where it can. Then calls found (may be NULL) for each
   finding, the most severe first, at most 32. Returns the number of errors, of
   which wss_listen would report the first; or WSS_ERR_NOMEM, WSS_ERR_ABI,
   WSS_ERR_INVALID without a context. */
WSS_API int
wss_check_ssl_context_sized(const wss_ssl_context *ssl, size_t ssl_size,
                            void (*found)(const wss_finding *, void *user),
                            void *user);
static inline int wss_check_ssl_context(const wss_ssl_context *ssl,
                                        void (*found)(const wss_finding *,
                                                      void *user),
                                        void *user) {
  return wss_check_ssl_context_sized(ssl, sizeof *ssl, found, user);
}

/* ---- What callbacks are handed ------------------------------------------ */

/* A header line, or a line to send. This struct never changes. */
typedef struct wss_header {
  const char *name;
  const char *value;
} wss_header;

/* A numeric address and a port. This struct never changes. */
typedef struct wss_address {
  char ip[48]; /* "192.0.2.1" or "2001:db8::1"; "" when unknown */
  int32_t port;
  int32_t family; /* 4, 6, or 0 when unknown */
} wss_address;

/* An HTTP request (RFC 9112), its values as received. */
typedef struct wss_request {
  const char *method;              /* "GET" or "HEAD" */
  const char *target;              /* the whole request target */
  const char *path;                /* of the target, not decoded: "/wss" */
  const char *query;               /* what follows '?', NULL without one */
  const char *host;                /* Host header */
  const char *origin;              /* Origin header, NULL without one */
  const char *const *subprotocols; /* offered, the client's favourite first */
  size_t subprotocol_count;
  const wss_header *headers; /* every line, in the order received */
  size_t header_count;
} wss_request;

typedef enum wss_type { WSS_TEXT = 1, WSS_BINARY = 2 } wss_type;

/* A whole message (RFC 6455 5.6). Text is valid UTF-8, not NUL-terminated. */
typedef struct wss_message {
  wss_type type;
  const void *data;
  size_t size;
} wss_message;

/* How far a connection had come. */
typedef enum wss_phase {
  WSS_PHASE_ACCEPTED = 0, /* not a byte received */
  WSS_PHASE_TLS = 1,
  WSS_PHASE_HTTP = 2,
  WSS_PHASE_OPEN = 3,
  WSS_PHASE_CLOSING = 4 /* a Close frame, or the last answer, was sent */
} wss_phase;

typedef enum wss_initiator {
  WSS_BY_PEER = 0,
  WSS_BY_APP = 1,
  WSS_BY_LIBRARY = 2 /* a rule or a limit of this library */
} wss_initiator;

/* X(name, initiator, text) for every reason that a connection can end for. */
#define WSS_CAUSE_MAP(X)                                                       \
  X(WSS_CAUSE_PEER_CLOSE, PEER, "the peer sent a Close frame")                 \
  X(WSS_CAUSE_APP_CLOSE, APP, "wss_close")                                     \
  X(WSS_CAUSE_TERMINATED, APP, "wss_terminate")                                \
  X(WSS_CAUSE_SERVER_CLOSE, APP, "wss_server_close")                           \
  X(WSS_CAUSE_GRACE_PASSED, APP, "the grace of wss_server_close passed")       \
  X(WSS_CAUSE_ANSWERED, APP, "on_http's request was answered")                 \
  X(WSS_CAUSE_REFUSED, APP, "the program refused the request")                 \
  X(WSS_CAUSE_UNANSWERED, LIBRARY, "the program's answer was not possible")    \
  X(WSS_CAUSE_PEER_FIN, PEER, "the peer ended the connection")                 \
  X(WSS_CAUSE_PEER_RESET, PEER, "the peer reset the connection")               \
  X(WSS_CAUSE_NETWORK, PEER, "the connection broke")                           \
  X(WSS_CAUSE_TLS_ALERT, PEER, "the peer sent a fatal TLS alert")              \
  X(WSS_CAUSE_TLS, LIBRARY, "TLS failed")                                      \
  X(WSS_CAUSE_NOT_TLS, LIBRARY, "what came is not TLS")                        \
  X(WSS_CAUSE_PLAIN_HTTP, LIBRARY, "plain HTTP on a TLS port")                 \
  X(WSS_CAUSE_HTTP, LIBRARY, "the HTTP request is not valid")                  \
  X(WSS_CAUSE_HEADER_SIZE, LIBRARY, "the HTTP request is too large")           \
  X(WSS_CAUSE_NOT_WEBSOCKET, LIBRARY, "the request asks for no WebSocket")     \
  X(WSS_CAUSE_HANDSHAKE, LIBRARY, "the WebSocket handshake is not valid")      \
  X(WSS_CAUSE_ORIGIN, LIBRARY, "the Origin is not allowed")                    \
  X(WSS_CAUSE_PROTOCOL, LIBRARY, "the peer broke the WebSocket protocol")      \
  X(WSS_CAUSE_UTF8, LIBRARY, "what the peer sent as text is not UTF-8")        \
  X(WSS_CAUSE_MESSAGE_SIZE, LIBRARY, "max_message_size was passed")            \
  X(WSS_CAUSE_FRAGMENTS, LIBRARY, "max_fragments was passed")                  \
  X(WSS_CAUSE_CONTROL_RATE, LIBRARY, "max_control_rate was passed")            \
  X(WSS_CAUSE_HANDSHAKE_TIMEOUT, LIBRARY, "handshake_timeout passed")          \
  X(WSS_CAUSE_ANSWER_TIMEOUT, LIBRARY,                                         \
    "the program did not answer within handshake_timeout")                     \
  X(WSS_CAUSE_MESSAGE_TIMEOUT, LIBRARY, "message_timeout passed")              \
  X(WSS_CAUSE_IDLE_TIMEOUT, LIBRARY, "idle_timeout passed")                    \
  X(WSS_CAUSE_WRITE_TIMEOUT, LIBRARY, "write_timeout passed")                  \
  X(WSS_CAUSE_CLOSE_TIMEOUT, LIBRARY, "close_timeout passed")                  \
  X(WSS_CAUSE_MAX_PENDING, LIBRARY, "max_pending was reached")                 \
  X(WSS_CAUSE_MAX_PER_ADDRESS, LIBRARY, "max_per_address was reached")         \
  X(WSS_CAUSE_NO_MEMORY, LIBRARY, "out of memory")

typedef enum wss_cause {
  WSS_CAUSE_NONE = 0,
#define WSS__CAUSE_ENUM(name, initiator, text) name,
  WSS_CAUSE_MAP(WSS__CAUSE_ENUM)
#undef WSS__CAUSE_ENUM
} wss_cause;

/* The cause's name, such as "WSS_CAUSE_IDLE_TIMEOUT"; never NULL. */
WSS_API const char *wss_cause_name(wss_cause cause);

/* How a connection ended. */
typedef struct wss_close_info {
  wss_phase phase;         /* when what ended it, the cause, happened */
  wss_initiator initiator; /* who began it */
  wss_cause cause;         /* why: of the first error, if there was one */
  bool opened;             /* the handshake had succeeded: on_open was called */
  int code;           /* as RFC 6455 7.1.5: the code received, 1005 for a Close
                         frame without one, 1006 without a Close frame */
  int code_sent;      /* in our Close frame; 1005 without a code, 0 if none */
  const char *reason; /* received with the code: valid UTF-8, a NUL behind it
                         (it may hold others); "" if none */
  size_t reason_size;
  int error;           /* 0, or why it had to end: a code of the library's, or
                          libuv's for an error of the system's */
  int status;          /* HTTP status of our answer; 0 if there was none */
  const char *message; /* one sentence, no control bytes */
  int tls_alert;       /* the fatal alert that was received or sent (RFC 8446
                          6.2), -1 if there was none */
  const char *tls_alert_name; /* "bad_record_mac"; NULL if there was none */
  int64_t bytes_in;           /* on the TCP connection */
  int64_t bytes_out;
  int64_t age;        /* ms since it was accepted */
  int64_t round_trip; /* microseconds between the library's last Ping that was
                         answered and its Pong; -1 if none was */
} wss_close_info;

/* An event that no connection's on_close reports. */
typedef struct wss_error {
  int error;              /* the code */
  const char *message;    /* one sentence with the cause, no control bytes */
  wss_listener *listener; /* where it happened; NULL if it was closed since */
  wss_address remote;     /* the peer, if there was one */
  const wss_close_info *close; /* the end of a connection that never came as
                                  far as on_request; otherwise NULL */
} wss_error;

/* What on_request returns when it has not answered by itself. */
enum { WSS_ACCEPT = 0, WSS_REFUSE = 1, WSS_DEFER = 2 };

/* The program's callbacks, any of which may be NULL. */
typedef struct wss_handler {
  /* A valid WebSocket handshake. Returns WSS_ACCEPT, WSS_REFUSE (403) or
     WSS_DEFER (answered later by wss_accept or wss_refuse; the request stays
     valid until then, or to the end of on_close). It may call wss_accept or
     wss_refuse by itself and return what they return: a request that is still
     unanswered then, because of an error, is answered 500. */
  int (*on_request)(wss_conn *conn, const wss_request *request, void *user);
  /* A GET or HEAD that asks for no WebSocket: answer with wss_respond before
     returning, else it is 404. The answer ends the connection. Without this
     callback such a request is answered 426. conn dies with the callback. */
  void (*on_http)(wss_conn *conn, const wss_request *request, void *user);
  void (*on_open)(wss_conn *conn, void *user);
  void (*on_message)(wss_conn *conn, const wss_message *message, void *user);
  /* A Pong frame, solicited or not (RFC 6455 5.5.3). */
  void (*on_pong)(wss_conn *conn, const void *data, size_t size, void *user);
  /* The send buffer is empty again after wss_send returned 1 or WSS_ERR_AGAIN.
   */
  void (*on_drain)(wss_conn *conn, void *user);
  /* The end; conn is freed when this returns. wss_conn_data is still there. */
  void (*on_close)(wss_conn *conn, const wss_close_info *info, void *user);
  /* What nobody else is told: warnings of wss_listen, failed handshakes. */
  void (*on_error)(wss_server *server, const wss_error *error, void *user);
} wss_handler;

/* ---- Server and listeners ------------------------------------------------ */

/* Creates a server on the loop; handler and options are copied, options may be
   NULL, user is handed to every callback. On failure *server is NULL.
   WSS_ERR_INVALID names an impossible option, WSS_ERR_NOMEM and libuv's codes
   are possible. */
WSS_API int wss_server_new_sized(wss_server **server, uv_loop_t *loop,
                                 const wss_handler *handler,
                                 size_t handler_size,
                                 const wss_options *options,
                                 size_t options_size, void *user);
static inline int wss_server_new(wss_server **server, uv_loop_t *loop,
                                 const wss_handler *handler,
                                 const wss_options *options, void *user) {
  return wss_server_new_sized(server, loop, handler, sizeof *handler, options,
                              sizeof *options, user);
}

/* Listens with TLS. host is a numeric address; NULL or "" means every address
   of both families. Port 0 picks one. listener may be NULL. On failure
   wss_last_error names file and cause. Warnings, about a certificate that some
   clients will refuse, an expired crlfile or a min_proto_version that was
   raised, go to on_error, the first of them to wss_last_error. */
WSS_API int wss_listen_sized(wss_server *server, const char *host, int port,
                             const wss_ssl_context *ssl, size_t ssl_size,
                             wss_listener **listener);
static inline int wss_listen(wss_server *server, const char *host, int port,
                             const wss_ssl_context *ssl,
                             wss_listener **listener) {
  return wss_listen_sized(server, host, port, ssl, sizeof *ssl, listener);
}

/* Listens without TLS (ws://), for use behind a TLS proxy. */
WSS_API int wss_listen_plain(wss_server *server, const char *host, int port,
                             wss_listener **listener);

/* The port that a listener is bound to. */
WSS_API int wss_listener_port(const wss_listener *listener);

/* Stops listening and frees the listener; its connections stay. */
WSS_API void wss_listener_close(wss_listener *listener);

/* Loads and checks a certificate and its key for on_sni to choose, on any
   listener of the server; cert->host is not looked at. Files may be read anew
   at any time this way. Errors and warnings are told as wss_listen does, but
   not to on_error. On failure *identity is NULL. */
WSS_API int wss_identity_new(wss_identity **identity, wss_server *server,
                             const wss_sni_cert *cert);

/* Gives up the program's reference; identity may be NULL. Connections that are
   shown it keep theirs. Before or after the server's end. */
WSS_API void wss_identity_free(wss_identity *identity);

/* The library's last call for a server: nothing of it is left on the loop. */
typedef void (*wss_closed_cb)(void *user);

/* Stops accepting, closes every connection with 1001, gives them grace_ms
   (0: close_timeout's value; WSS_OFF: no limit of its own) to finish, cuts the
   rest, calls closed (may be NULL) and frees the server. A second call only
   shortens the grace; its closed is ignored. */
WSS_API int wss_server_close(wss_server *server, int64_t grace_ms,
                             wss_closed_cb closed);

/* What went wrong (or was warned of) in the last set-up call: one sentence with
   file and cause, "" if nothing or if server is NULL. Valid until the next
   set-up call. */
WSS_API const char *wss_last_error(const wss_server *server);

/* The loop and the user pointer given to wss_server_new. */
WSS_API uv_loop_t *wss_server_loop(const wss_server *server);
WSS_API void *wss_server_user(const wss_server *server);

/* Calls visit for each connection from on_open to on_close; visit may close or
   terminate any of them. Stops when visit returns non-zero, returns that. */
WSS_API int wss_server_each(wss_server *server,
                            int (*visit)(wss_conn *conn, void *arg), void *arg);

/* ---- Requests ------------------------------------------------------------ */

/* The field's value, name without regard to case; repeated fields are joined
   by ", " (RFC 9110 5.3). NULL if absent. */
WSS_API const char *wss_request_header(const wss_request *request,
                                       const char *name);

/* The value of a cookie (RFC 6265 5.4), not NUL-terminated; its size goes to
 *size. NULL if absent. */
WSS_API const char *wss_request_cookie(const wss_request *request,
                                       const char *name, size_t *size);

/* What an answer may carry beside its status. */
typedef struct wss_reply {
  const char *subprotocol;   /* one that was offered; with wss_accept only */
  const wss_header *headers; /* additional lines; those that the protocol
                                itself sets are refused */
  size_t header_count;
  const char *content_type; /* of the body: "text/plain; charset=utf-8" */
  const void *body;         /* not with wss_accept */
  size_t body_size;
} wss_reply;

/* Answers a request, from within on_request or after WSS_DEFER, with 101.
   reply may be NULL. WSS_ERR_SUBPROTOCOL, WSS_ERR_HEADER and WSS_ERR_INVALID
   leave the request unanswered; WSS_ERR_STATE: there is none to answer. */
WSS_API int wss_accept_sized(wss_conn *conn, const wss_reply *reply,
                             size_t reply_size);
static inline int wss_accept(wss_conn *conn, const wss_reply *reply) {
  return wss_accept_sized(conn, reply, sizeof *reply);
}

/* Refuses a request, likewise, with a status of 300 to 599, and ends the
   connection. Without a body, the status line's phrase is sent as one. */
WSS_API int wss_refuse_sized(wss_conn *conn, int status, const wss_reply *reply,
                             size_t reply_size);
static inline int wss_refuse(wss_conn *conn, int status,
                             const wss_reply *reply) {
  return wss_refuse_sized(conn, status, reply, sizeof *reply);
}

/* Answers the request of on_http, within it; status 200 to 599. */
WSS_API int wss_respond_sized(wss_conn *conn, int status,
                              const wss_reply *reply, size_t reply_size);
static inline int wss_respond(wss_conn *conn, int status,
                              const wss_reply *reply) {
  return wss_respond_sized(conn, status, reply, sizeof *reply);
}

/* ---- Connections --------------------------------------------------------- */

/* Queues a whole message: 0; 1: queued, but stop until on_drain;
   WSS_ERR_AGAIN: not queued, the send buffer has no room now; WSS_ERR_TOO_BIG:
   it never could; WSS_ERR_UTF8; WSS_ERR_CLOSED; WSS_ERR_STATE while the request
   is not accepted; WSS_ERR_NOMEM: not queued, but if it is of 32 KiB or more
   and a part of it was written already, the connection ends. */
WSS_API int wss_send(wss_conn *conn, wss_type type, const void *data,
                     size_t size);

/* Queues a Ping frame with up to 125 bytes (RFC 6455 5.5.2), else
   WSS_ERR_TOO_BIG; returns as wss_send does. */
WSS_API int wss_ping(wss_conn *conn, const void *data, size_t size);

/* Starts the close handshake (RFC 6455 7.1.2) after what is queued. code: 0
   means 1000; 1005, 1006 and others that 7.4 forbids: WSS_ERR_CLOSE_CODE.
   reason: NULL or UTF-8 of up to 123 bytes, NUL-terminated. No on_message comes
   any more. A request not yet answered is refused with 503. WSS_ERR_CLOSED if
   it closes already. */
WSS_API int wss_close(wss_conn *conn, int code, const char *reason);

/* Cuts the connection, with a reset if something is queued, which is lost.
   on_close follows. */
WSS_API void wss_terminate(wss_conn *conn);

/* No on_message after it returns, until wss_resume; the peer is not read from.
   wss_resume delivers what was kept from a later turn of the loop. */
WSS_API void wss_pause(wss_conn *conn);
WSS_API void wss_resume(wss_conn *conn);

/* Bytes queued and not yet taken by the kernel. */
WSS_API size_t wss_buffered(const wss_conn *conn);

/* A number that the server gives to one connection only; 0 in on_http. */
WSS_API uint64_t wss_conn_id(const wss_conn *conn);

/* The connection with that id; NULL once its on_close has returned. */
WSS_API wss_conn *wss_conn_find(const wss_server *server, uint64_t id);

/* The program's own pointer; NULL at first. */
WSS_API void wss_conn_set_data(wss_conn *conn, void *data);
WSS_API void *wss_conn_data(const wss_conn *conn);

WSS_API wss_server *wss_conn_server(const wss_conn *conn);

/* The two ends of the TCP connection. */
WSS_API wss_address wss_conn_remote(const wss_conn *conn);
WSS_API wss_address wss_conn_local(const wss_conn *conn);

/* The subprotocol in use; NULL if none, or the request is not accepted. */
WSS_API const char *wss_conn_subprotocol(const wss_conn *conn);

typedef enum wss_name_kind {
  WSS_NAME_DNS = 1,
  WSS_NAME_IP = 2, /* "192.0.2.1" or "2001:db8::1" */
  WSS_NAME_EMAIL = 3,
  WSS_NAME_URI = 4
} wss_name_kind;

/* A subjectAltName (RFC 5280 4.2.1.6). This struct never changes. */
typedef struct wss_peer_name {
  wss_name_kind kind;
  int32_t reserved;
  const char *value; /* ASCII without control bytes */
} wss_peer_name;

/* A client's certificate, which was verified (verify_peer), and the client has
   its key. Texts are ASCII without control bytes. */
typedef struct wss_peer_cert {
  const char *subject; /* "C=DE, O=Example, CN=alice", escaped as RFC 4514 has
                          it, in the order of the certificate */
  const char *issuer;
  const char *serial; /* hexadecimal: "01A3" */
  const char
      *fingerprint; /* SHA-256 of der, 64 hexadecimal digits: "5e0c..." */
  const wss_peer_name *names; /* those of the kinds above */
  size_t name_count;
  const void *der; /* the certificate itself */
  size_t der_size;
  int64_t valid_from; /* seconds since 1970 (UTC) */
  int64_t valid_to;
} wss_peer_cert;

/* What TLS agreed on; what it points to lives as long as the connection. */
typedef struct wss_tls_info {
  const char *version;       /* "TLSv1.2" or "TLSv1.3" */
  const char *cipher;        /* IANA name of the cipher suite */
  const char *alpn;          /* NULL if the client asked for none */
  const char *server_name;   /* SNI, NULL if the client sent none */
  bool resumed;              /* by a session ticket: without a certificate */
  uint8_t reserved[7];       /* zero */
  const wss_peer_cert *peer; /* who the client is; NULL without verify_peer */
} wss_tls_info;

/* Fills info; WSS_ERR_STATE without TLS or before its handshake ended. */
WSS_API int wss_conn_tls_sized(const wss_conn *conn, wss_tls_info *info,
                               size_t info_size);
static inline int wss_conn_tls(const wss_conn *conn, wss_tls_info *info) {
  return wss_conn_tls_sized(conn, info, sizeof *info);
}

/* ---- Statistics ---------------------------------------------------------- */

/* Counters since wss_server_new; open and pending are of the moment. */
typedef struct wss_stats {
  int64_t open;           /* from on_open to on_close */
  int64_t pending;        /* accepted, neither open nor gone */
  int64_t accepted;       /* TCP connections */
  int64_t handshakes;     /* accepted: answered with 101 */
  int64_t tls_handshakes; /* completed */
  int64_t http_responses; /* answers of on_http */
  /* Ends before 101, by reason. */
  int64_t refused_tls;        /* TLS failed */
  int64_t refused_plain_http; /* HTTP to a TLS port */
  int64_t refused_http;       /* not valid HTTP, or too large */
  int64_t refused_handshake;  /* not a valid WebSocket handshake */
  int64_t refused_origin;
  int64_t refused_by_app;
  int64_t refused_timeout;
  int64_t refused_limit; /* max_connections, max_pending, max_per_address */
  int64_t refused_lost;  /* the peer went away, or no memory */
  /* Ends after 101, by wss_close_info.code. */
  int64_t closed[16];        /* 1000 to 1015 */
  int64_t closed_registered; /* 3000 to 3999 */
  int64_t closed_private;    /* 4000 to 4999 */
  int64_t bytes_in;          /* on the TCP connection */
  int64_t bytes_out;
  int64_t messages_in;
  int64_t messages_out;
} wss_stats;

WSS_API void wss_server_stats_sized(const wss_server *server, wss_stats *stats,
                                    size_t stats_size);
static inline void wss_server_stats(const wss_server *server,
                                    wss_stats *stats) {
  wss_server_stats_sized(server, stats, sizeof *stats);
}

#ifdef __cplusplus
}
#endif
#endif
