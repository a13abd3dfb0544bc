/* What libwss changes in the default configuration of a bundled Mbed TLS 3.6.
   Read after mbedtls_config.h (MBEDTLS_USER_CONFIG_FILE), by Mbed TLS and by
   src/tls alike. A system's Mbed TLS keeps its own configuration. */

/* Several loops, each on its own thread, share PSA's state and certificates. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD

/* Where the system can be given pages back (heap.c). */
#ifdef WSS_TLS_HEAP
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO wss__tls_heap_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO wss__tls_heap_free
#include <stddef.h>
void *wss__tls_heap_calloc(size_t count, size_t size);
void wss__tls_heap_free(void *memory);
#endif

/* RFC 8449. */
#define MBEDTLS_SSL_RECORD_SIZE_LIMIT

/* Speed for memory: larger tables for P-256 and RSA; no copies of buffers that
   no other process can reach. */
#define MBEDTLS_ECP_WINDOW_SIZE 6
#define MBEDTLS_MPI_WINDOW_SIZE 4
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS

/* TLS over a stream of ours: no DTLS, no sockets, no timers, no tracing. */
#undef MBEDTLS_SSL_PROTO_DTLS
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT
#undef MBEDTLS_SSL_DTLS_ANTI_REPLAY
#undef MBEDTLS_SSL_DTLS_HELLO_VERIFY
#undef MBEDTLS_SSL_DTLS_CLIENT_PORT_REUSE
#undef MBEDTLS_SSL_COOKIE_C
#undef MBEDTLS_NET_C
#undef MBEDTLS_TIMING_C
#undef MBEDTLS_DEBUG_C

/* Extensions that cost memory or have a record of trouble, and serve nobody. */
#undef MBEDTLS_SSL_RENEGOTIATION
#undef MBEDTLS_SSL_CONTEXT_SERIALIZATION
#undef MBEDTLS_SSL_MAX_FRAGMENT_LENGTH

/* Forward secrecy only: ECDHE, and PSK in TLS 1.3 only along with it (tickets).
 */
#undef MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_DHE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_RSA_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_RSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_DHE_RSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDH_ECDSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDH_RSA_ENABLED
#undef MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED
#undef MBEDTLS_DHM_C
#undef MBEDTLS_ECJPAKE_C

/* Curves: P-256, P-384, P-521, x25519 and x448 stay. */
#undef MBEDTLS_ECP_DP_SECP192R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP224R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP192K1_ENABLED
#undef MBEDTLS_ECP_DP_SECP224K1_ENABLED
#undef MBEDTLS_ECP_DP_SECP256K1_ENABLED
#undef MBEDTLS_ECP_DP_BP256R1_ENABLED
#undef MBEDTLS_ECP_DP_BP384R1_ENABLED
#undef MBEDTLS_ECP_DP_BP512R1_ENABLED

/* Nothing here reaches these. DES, MD5, PKCS5 and PKCS12 stay: keys come in
   old encrypted PEM files. So does CBC, which such files are written in. */
#undef MBEDTLS_CAMELLIA_C
#undef MBEDTLS_ARIA_C
#undef MBEDTLS_RIPEMD160_C
#undef MBEDTLS_SHA3_C
#undef MBEDTLS_NIST_KW_C
#undef MBEDTLS_CMAC_C
#undef MBEDTLS_LMS_C
#undef MBEDTLS_PADLOCK_C
#undef MBEDTLS_CIPHER_MODE_CFB
#undef MBEDTLS_CIPHER_MODE_OFB
#undef MBEDTLS_CIPHER_MODE_XTS
#undef MBEDTLS_SELF_TEST
#undef MBEDTLS_VERSION_FEATURES
#undef MBEDTLS_X509_CSR_WRITE_C
#undef MBEDTLS_X509_CSR_PARSE_C
#undef MBEDTLS_PKCS7_C

/* PSA is there for TLS 1.3; it keeps no keys, so it needs no files. */
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
#undef MBEDTLS_PSA_ITS_FILE_C
