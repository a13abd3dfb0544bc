#include "tls/stock.h"

/* Records in a row that may yield no plaintext. */
#define MAX_BARREN 32

/* Records of a connection that Mbed TLS may answer by itself (a renegotiation,
   with a warning): of a peer that does not read, all answers would be kept. */
#define MAX_ANSWERS 32

static int stock_start(void **records, wss__tls_engine *engine,
                       wss__tls_context *context, wss__tls_failure *failure) {
  (void)context;
  (void)failure;
  engine->barren = 0;
  *records = engine;
  return 0;
}

static int read_some(wss__tls_bio *bio, wss__tls_io *io,
                     wss__tls_failure *failure) {
  for (;;) {
    size_t written = bio->output->length;
    int code =
        mbedtls_ssl_read(&bio->engine->ssl, io->scratch, WSS__TLS_PLAIN_MAX);
    if (code > 0) {
      io->data = io->scratch;
      io->size = (size_t)code;
      bio->engine->barren = 0;
      return WSS__TLS_DATA;
    }
    if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
      return WSS__TLS_END;
    /* 0 is a record without content, WANT_READ may be one without data. */
    if (code != 0 && code != MBEDTLS_ERR_SSL_WANT_READ)
      return wss__tls_bio_fail(bio, code, failure);
    if (bio->output->length > written)
      bio->engine->answers++;
    if (bio->engine->barren > MAX_BARREN ||
        bio->engine->answers > MAX_ANSWERS) {
      int err =
          wss__tls_bio_fail(bio, MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, failure);
      failure->text = "too many TLS records without data";
      return err;
    }
    if (bio->starved)
      return WSS__TLS_WANT;
    if (wss__tls_bio_stuck(bio))
      return wss__tls_bio_fail(bio, MBEDTLS_ERR_SSL_INTERNAL_ERROR, failure);
  }
}

static int stock_read(void *records, wss__tls_io *io,
                      wss__tls_failure *failure) {
  wss__tls_bio bio;
  wss__tls_bio_open(&bio, records, io->input, io->input_size, io->output);
  int result = read_some(&bio, io, failure);
  wss__tls_bio_close(&bio);
  io->input = bio.input;
  io->input_size = bio.input_size;
  return result;
}

static int stock_write(void *records, wss__buf *output, const uint8_t *data,
                       size_t size, wss__tls_failure *failure) {
  wss__tls_bio bio;
  int result = 0;
  wss__tls_bio_open(&bio, records, NULL, 0, output);
  while (size > 0) {
    int code = mbedtls_ssl_write(&bio.engine->ssl, data, size);
    if (code <= 0) {
      result = wss__tls_bio_fail(&bio, code, failure);
      break;
    }
    data += code;
    size -= (size_t)code;
  }
  wss__tls_bio_close(&bio);
  return result;
}

static void stock_close(void *records, wss__buf *output) {
  wss__tls_bio bio;
  wss__tls_bio_open(&bio, records, NULL, 0, output);
  (void)mbedtls_ssl_close_notify(&bio.engine->ssl);
  wss__tls_bio_close(&bio);
}

static void stock_free(void *records) {
  wss__tls_engine_free(records);
}

const wss__tls_layer wss__tls_stock = {.start = stock_start,
                                       .read = stock_read,
                                       .write = stock_write,
                                       .close = stock_close,
                                       .free = stock_free};
