/* Certificates made on the spot, with whatever is wrong with them. */
#ifndef WSS_TEST_MADE_H
#define WSS_TEST_MADE_H

#include <stdbool.h>
#include <stddef.h>

#include <mbedtls/md.h>
#include <mbedtls/pk.h>

#define MADE_SIZE 4096

/* Keys on P-256 (others come from WSS_PKI), made when first asked for. */
typedef enum made_key {
  MADE_LEAF,
  MADE_MIDDLE,
  MADE_ROOT,
  MADE_OTHER,
  MADE_P384,
  MADE_RSA1024,
  MADE_RSA2048,
  MADE_KEYS
} made_key;

/* Zero is a sound certificate of a server: for localhost and 127.0.0.1, valid
   from yesterday for a year, SHA-256. */
typedef struct made_cert {
  const char *subject; /* "leaf" */
  const char *issuer;  /* "root" */
  made_key key;        /* MADE_LEAF */
  made_key signer;     /* must be given; MADE_LEAF is a self-signed one */
  long from;           /* days from now: -1 */
  long days;           /* of its life: 365 */
  mbedtls_md_type_t hash;
  bool ca;    /* one of a CA, without names and extended key usage */
  bool no_ca; /* likewise, but basicConstraints say that it is none */
  bool names; /* of a CA, too */
  bool no_names;
  bool no_purpose;
  bool client;      /* extended key usage clientAuth */
  bool no_signing;  /* key usage keyEncipherment */
  bool information; /* names where its issuer's certificate can be had */
} made_cert;

mbedtls_pk_context *made_pk(made_key key);
/* Appends its PEM to text, of MADE_SIZE bytes. */
void made_append(char *text, const made_cert *cert);
void made_append_key(char *text, made_key key);
void made_write(const char *path, const char *text, unsigned mode);
void made_free(void);

#endif
