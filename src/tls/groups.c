#include "tls/groups.h"

#include <string.h>

#include <mbedtls/ecp.h>

typedef struct entry {
  const char *names[3]; /* NIST's or RFC 7748's, SEC 2's and X9.62's */
  uint16_t id;
  bool strong; /* 192 bits or more */
  bool normal; /* in the default */
} entry;

/* Of the default, every further group is a slow one that a client could pick.
   The leaf's own curve needs no place here. Whoever verifies clients with keys
   on P-384 must have that among the groups, or Mbed TLS refuses them: then this
   is where it goes in. */
static const entry groups[WSS__TLS_GROUPS] = {
    {{"x25519"}, MBEDTLS_SSL_IANA_TLS_GROUP_X25519, false, true},
    {{"P-256", "secp256r1", "prime256v1"},
     MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
     false,
     true},
    {{"P-384", "secp384r1"}, MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, true, false},
    {{"P-521", "secp521r1"}, MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, true, false},
    {{"x448"}, MBEDTLS_SSL_IANA_TLS_GROUP_X448, true, false},
};

static bool has_name(const entry *group, wss__slice name) {
  for (size_t i = 0; i < 3 && group->names[i] != NULL; i++) {
    if (wss__slice_equal_nocase(name, wss__slice_of(group->names[i])))
      return true;
  }
  return false;
}

static const entry *find(wss__slice name) {
  for (size_t i = 0; i < WSS__TLS_GROUPS; i++) {
    if (has_name(&groups[i], name))
      return &groups[i];
  }
  return NULL;
}

/* A system's Mbed TLS may have been built without. */
static bool is_built(const entry *group) {
  return mbedtls_ecp_curve_info_from_tls_id(group->id) != NULL;
}

static bool level_allows(const entry *group, int level) {
  return level < WSS__TLS_LEVEL_192 || group->strong;
}

static void add(uint16_t *ids, uint16_t id) {
  while (*ids != 0 && *ids != id)
    ids++;
  *ids = id;
}

static int add_name(const wss__tls_list *list, wss__slice name, uint16_t *ids,
                    wss__detail *detail) {
  const entry *group = find(name);
  const char *what;
  if (group != NULL && is_built(group) && level_allows(group, list->level)) {
    add(ids, group->id);
    return 0;
  }
  if (group == NULL)
    what = "is no group that libwss has; they are x25519, P-256, P-384, P-521 "
           "and x448";
  else if (!is_built(group))
    what = "is a group that this Mbed TLS was built without";
  else
    what = "has 128 bits: security_level wants 192 or more";
  int shown =
      (int)(name.size < WSS__TLS_NAME_SHOWN ? name.size : WSS__TLS_NAME_SHOWN);
  wss__detail_set(detail, "%s: \"%.*s\" %s", list->option, shown, name.data,
                  what);
  return WSS_ERR_CIPHERS;
}

/* From level 4 on there is nothing left of the usual ones. */
static void add_default(int level, uint16_t *ids) {
  for (size_t i = 0; i < WSS__TLS_GROUPS; i++) {
    if (is_built(&groups[i]) &&
        (level < WSS__TLS_LEVEL_192 ? groups[i].normal : groups[i].strong))
      add(ids, groups[i].id);
  }
}

int wss__tls_groups_parse(const wss__tls_list *list, uint16_t *ids,
                          wss__detail *detail) {
  memset(ids, 0, (WSS__TLS_GROUPS + 1) * sizeof *ids);
  if (list->text == NULL) {
    add_default(list->level, ids);
    return 0;
  }
  wss__slice rest = wss__slice_of(list->text);
  wss__slice name;
  while (wss__tls_list_next(&rest, &name)) {
    int error = add_name(list, name, ids, detail);
    if (error != 0)
      return error;
  }
  if (ids[0] != 0)
    return 0;
  wss__detail_set(detail, "%s names no group; NULL is the default",
                  list->option);
  return WSS_ERR_CIPHERS;
}
