#include "probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lines of JSON: each byte is a character, as in Latin-1 ---- */

void json_value(const char *text, size_t size) {
  size_t i;
  if (text == NULL) {
    printf("null");
    return;
  }
  putchar('"');
  for (i = 0; i < size; i++) {
    unsigned byte = (unsigned char)text[i];
    if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\')
      printf("\\u%04x", byte);
    else
      putchar((int)byte);
  }
  putchar('"');
}

void json_begin(const char *event, const wss_conn *conn) {
  printf("{\"event\": \"%s\"", event);
  if (conn != NULL)
    printf(", \"id\": %" PRIu64, wss_conn_id(conn));
}

void json_text(const char *name, const char *value) {
  printf(", \"%s\": ", name);
  json_value(value, value == NULL ? 0 : strlen(value));
}

void json_number(const char *name, int64_t value) {
  printf(", \"%s\": %" PRId64, name, value);
}

void json_result(const char *name, int value) {
  json_text(name, value > 0 ? "1" : wss_err_name(value));
}

void json_end(void) {
  puts("}");
  fflush(stdout);
}

void json_address(const char *name, wss_address value) {
  printf(", \"%s\": [\"%s\", %d, %d]", name, value.ip, (int)value.port,
         (int)value.family);
}

/* ---- What the query says ---- */

static char unescape(const char **at) {
  char digits[3] = {0};
  if (**at != '%' || (*at)[1] == '\0' || (*at)[2] == '\0')
    return *(*at)++;
  memcpy(digits, *at + 1, 2);
  *at += 3;
  return (char)strtol(digits, NULL, 16);
}

/* The value of the parameter, NULL if there is none. */
const char *param(const char *query, const char *name, char value[TEXT]) {
  size_t length = strlen(name);
  size_t used = 0;
  while (query != NULL && *query != '\0') {
    if (strncmp(query, name, length) == 0 && query[length] == '=') {
      for (query += length + 1;
           *query != '\0' && *query != '&' && used < TEXT - 1;)
        value[used++] = unescape(&query);
      value[used] = '\0';
      return value;
    }
    query = strchr(query, '&');
    if (query != NULL)
      query++;
  }
  return NULL;
}

int64_t param_number(const char *query, const char *name, int64_t otherwise) {
  char value[TEXT];
  return param(query, name, value) != NULL ? strtoll(value, NULL, 10)
                                           : otherwise;
}
