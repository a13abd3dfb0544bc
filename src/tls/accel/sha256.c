/* Mbed TLS's hook for SHA-256 and SHA-224: MBEDTLS_SHA256_ALT. nettle looks at
   the processor by itself. */
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>

void mbedtls_sha256_init(mbedtls_sha256_context *ctx) {
  *ctx = (mbedtls_sha256_context){0};
}

void mbedtls_sha256_free(mbedtls_sha256_context *ctx) {
  if (ctx != NULL)
    mbedtls_platform_zeroize(ctx, sizeof *ctx);
}

void mbedtls_sha256_clone(mbedtls_sha256_context *dst,
                          const mbedtls_sha256_context *src) {
  *dst = *src;
}

int mbedtls_sha256_starts(mbedtls_sha256_context *ctx, int is224) {
  if (is224 != 0 && is224 != 1)
    return MBEDTLS_ERR_SHA256_BAD_INPUT_DATA;
  ctx->is224 = is224;
  if (is224)
    sha224_init(&ctx->hash);
  else
    sha256_init(&ctx->hash);
  return 0;
}

int mbedtls_sha256_update(mbedtls_sha256_context *ctx,
                          const unsigned char *input, size_t ilen) {
  if (ilen > 0)
    sha256_update(&ctx->hash, ilen, input);
  return 0;
}

int mbedtls_sha256_finish(mbedtls_sha256_context *ctx, unsigned char *output) {
  if (ctx->is224)
    sha224_digest(&ctx->hash, SHA224_DIGEST_SIZE, output);
  else
    sha256_digest(&ctx->hash, SHA256_DIGEST_SIZE, output);
  return 0;
}
