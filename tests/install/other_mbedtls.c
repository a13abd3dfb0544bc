/* Another Mbed TLS: whoever calls these instead of libwss's own ends there. */
#include <stdlib.h>
#include <string.h>

void mbedtls_version_get_string(char *text) {
  memcpy(text, "stand-in", sizeof "stand-in");
}
void mbedtls_ssl_init(void *ssl) {
  (void)ssl;
  abort();
}
int mbedtls_ssl_handshake(void *ssl) {
  (void)ssl;
  abort();
}
int mbedtls_ssl_setup(void *ssl, const void *config) {
  (void)ssl;
  (void)config;
  abort();
}
int mbedtls_x509_crt_parse(void *chain, const void *bytes, size_t size) {
  (void)chain;
  (void)bytes;
  (void)size;
  abort();
}
int psa_crypto_init(void) {
  abort();
}
