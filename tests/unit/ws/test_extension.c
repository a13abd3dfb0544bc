/* The grammar of Sec-WebSocket-Extensions (RFC 6455 9.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ws/extension.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* An exact copy on the heap, so that reading behind it is seen. */
static bool valid(const char *text, size_t size) {
  char *copy = malloc(size > 0 ? size : 1);
  wss__slice list = {copy, size};
  bool result;
  assert_non_null(copy);
  memcpy(copy, text, size);
  result = wss__extensions_valid(list);
  free(copy);
  return result;
}

static void lists(void **state) {
  static const char *const texts[] = {
      "a",
      "permessage-deflate",
      "permessage-deflate; client_max_window_bits",
      ("permessage-deflate; client_max_window_bits; server_max_window_bits=10, "
       "permessage-deflate"),
      "x-webkit-deflate-frame",
      "foo, bar;baz=2", /* the examples of 9.1 */
      "deflate-stream", /* and */
      "mux; max-channels=4; flow-control, deflate-stream",
      "private-extension",
      "a;b=\"c\"",
      "a;b=\"\\c\"",
      "a;b=\"c\\d\\e\"",
      "a\t;\tb\t=\tc\t,\td",
      "a ; b = \"c\" ;d",
      ",, a ,,",
      "a;b;b;b=1",
      "!#$%&'*+-.^_`|~09azAZ",
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(texts); i++) {
    if (!valid(texts[i], strlen(texts[i])))
      fail_msg("%s", texts[i]);
  }
}

static void what_is_no_list(void **state) {
  static const char *const texts[] = {
      "",
      " ",
      ",",
      " ,\t,",
      ";",
      "a;",
      "a; ",
      "a;;b",
      "a;,b",
      ";a",
      "a b",
      "a/b",
      "a=b",
      "a;b=",
      "a;=b",
      "a;=",
      "a;b=c d",
      "a;b=c=d",
      "a;b c",
      "\"a\"",
      "a;\"b\"",
      "a;b=\"\"",
      "a;b=\"",
      "a;b=c\"",
      "a;b=\"c",
      "a;b=\"\\\"",
      "a;b=\"c d\"",
      "a;b=\"c,d\"",
      "a;b=\"c;d\"",
      "a;b=\"c=d\"",
      "a;b=\"\\ \"",
      "a;b=\"c\"d",
      "a;b=\"c\\\"",
      "a;b=\"c\\\"\"",
      "a, b/c",
      "a;b=\"c\"\"d\"",
      "\xc3\xa9",
      "a;b=\xc3\xa9",
      "a;b='c d'",
      "a, ;b",
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(texts); i++) {
    if (valid(texts[i], strlen(texts[i])))
      fail_msg("%s", texts[i]);
  }
}

/* Each byte in a name, a parameter, a value, and a quoted one. */
static void every_byte(void **state) {
  static const char tchars[] = "!#$%&'*+-.^_`|~0123456789"
                               "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  unsigned byte;
  (void)state;
  for (byte = 0; byte < 256; byte++) {
    bool token = memchr(tchars, (int)byte, sizeof tchars - 1) != NULL;
    char b = (char)byte;
    const char name[] = {'x', b, 'y'};
    const char parameter[] = {'x', ';', 'p', b, 'q'};
    const char value[] = {'x', ';', 'p', '=', 'v', b, 'w'};
    const char quoted[] = {'x', ';', 'p', '=', '"', 'v', b, 'w', '"'};
    const char escaped[] = {'x', ';', 'p', '=', '"', '\\', b, '"'};
    assert_int_equal(valid(name, sizeof name), token || b == ',' || b == ';');
    assert_int_equal(valid(parameter, sizeof parameter),
                     token || b == ',' || b == ';' || b == '=');
    assert_int_equal(valid(value, sizeof value), token || b == ',' || b == ';');
    assert_int_equal(valid(quoted, sizeof quoted), token || b == '\\');
    assert_int_equal(valid(escaped, sizeof escaped), token);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists),
      cmocka_unit_test(what_is_no_list),
      cmocka_unit_test(every_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
