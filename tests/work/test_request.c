/* B2: the work that a request of 8 KiB takes, counted and not timed: basic
   blocks, which the compiler counts, and bytes that functions of libc look at
   or copy. A read costs the same however much came before it, and twice the
   bytes are twice the work: who examines again at each read what he has seen
   needs a thousand times as much. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/http_request.h"
#include "ws/handshake.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- Work ---------------------------------------------------------------- */

static size_t work;

/* Called at the begin of every basic block of the sources that are measured. */
void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void) {
  work++;
}

/* libc's functions, as those sources call them (the linker's --wrap). */
void *__real_memcpy(void *to, const void *from, size_t size);
void *__wrap_memcpy(void *to, const void *from, size_t size);
void *__wrap_memcpy(void *to, const void *from, size_t size) {
  work += size;
  return __real_memcpy(to, from, size);
}

void *__real_memmove(void *to, const void *from, size_t size);
void *__wrap_memmove(void *to, const void *from, size_t size);
void *__wrap_memmove(void *to, const void *from, size_t size) {
  work += size;
  return __real_memmove(to, from, size);
}

int __real_memcmp(const void *a, const void *b, size_t size);
int __wrap_memcmp(const void *a, const void *b, size_t size);
int __wrap_memcmp(const void *a, const void *b, size_t size) {
  work += size;
  return __real_memcmp(a, b, size);
}

void *__real_memchr(const void *text, int byte, size_t size);
void *__wrap_memchr(const void *text, int byte, size_t size);
void *__wrap_memchr(const void *text, int byte, size_t size) {
  const char *found = __real_memchr(text, byte, size);
  work += found != NULL ? (size_t)(found - (const char *)text) + 1 : size;
  return (void *)(uintptr_t)found;
}

size_t __real_strlen(const char *text);
size_t __wrap_strlen(const char *text);
size_t __wrap_strlen(const char *text) {
  size_t size = __real_strlen(text);
  work += size;
  return size;
}

char *__real_strchr(const char *text, int byte);
char *__wrap_strchr(const char *text, int byte);
char *__wrap_strchr(const char *text, int byte) {
  char *found = __real_strchr(text, byte);
  work += found != NULL ? (size_t)(found - text) + 1 : __real_strlen(text);
  return found;
}

char *__real_strstr(const char *text, const char *part);
char *__wrap_strstr(const char *text, const char *part);
char *__wrap_strstr(const char *text, const char *part) {
  char *found = __real_strstr(text, part);
  work += found != NULL ? (size_t)(found - text) + 1 : __real_strlen(text);
  return found;
}

size_t __real_strcspn(const char *text, const char *bytes);
size_t __wrap_strcspn(const char *text, const char *bytes);
size_t __wrap_strcspn(const char *text, const char *bytes) {
  size_t size = __real_strcspn(text, bytes);
  work += size;
  return size;
}

/* ---- Requests ------------------------------------------------------------ */

/* A request that is about so large: a part that is repeated; ## in it is a
   number. */
typedef struct shape {
  const char *name;
  const char *before;
  const char *part;
  size_t most; /* how often */
  const char *after;
  int status;
} shape;

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define REST                                                                   \
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define END "\r\n" REST "\r\n"

static const shape shapes[] = {
    {"a long value", GET "X: ", "v", 9000, END, 101},
    {"a value of blanks", GET "X: ", " ", 9000, END, 101},
    {"blanks within a value", GET "X: a", " ", 9000, "b" END, 101},
    {"a long name", GET, "n", 9000, ": x" END, 101},
    {"a long target", "GET /", "t", 4000, " HTTP/1.1\r\nHost: a" END, 101},
    {"many lines", GET,
     "X-Name: a value of sixty-four bytes, or so, ........"
     "......\r\n",
     58, "Y: z" END, 101},
    {"many lines of a long name", GET,
     "X-A-Name-Of-Many-Bytes-Which-All-Of-Them-Share-And-More-0000000: "
     "\r\n",
     58, "Y: z" END, 101},
    {"names that end differently", GET,
     "X-A-Name-Of-Many-Bytes-Which-All-Of-Them-Share-And-More-0000000"
     "X-A-Name-Of-Many-Bytes-Which-All-Of-Them-Share-And-Mo##: \r\n",
     58, "Y: z" END, 101},
    {"many values of a field", GET, "Cookie: a=b; c=d; e=f; g=h\r\n", 58,
     "Y: z" END, 101},
    {"a list of commas", GET "Connection: ", ",", 9000, END, 101},
    {"a list of blanks and commas", GET "Upgrade: ", " ,\t", 9000, END, 101},
    {"a list of options", GET "Connection: ", "a,", 9000, END, 101},
    {"commas for a subprotocol", GET "Sec-WebSocket-Protocol: p", ",", 9000,
     END, 101},
    {"many subprotocols", GET "Sec-WebSocket-Protocol: p", ",p", 9000, END,
     400},
    {"many extensions", GET "Sec-WebSocket-Extensions: p", ",p", 9000, END,
     101},
    {"many parameters", GET "Sec-WebSocket-Extensions: p", ";p=1", 9000, END,
     101},
    {"a quote that does not end", GET "Sec-WebSocket-Extensions: p;q=\"", "r",
     9000, END, 400},
    {"quotes", GET "Sec-WebSocket-Extensions: p;q=\"", "\"", 9000, END, 400},
    {"backslashes", GET "Sec-WebSocket-Extensions: p;q=\"", "\\a", 9000,
     "\"" END, 101},
    {"semicolons", GET "Sec-WebSocket-Extensions: p", ";", 9000, END, 400},
    {"a head that does not end", GET "X: ", "v", 20000, END, 431},
    {"lines that do not end", GET, "X: y\r\n", 20000, END, 431},
};

typedef struct text {
  char *bytes;
  size_t size;
} text;

/* The shape with about size bytes. */
static text make(const shape *at, size_t size) {
  size_t fixed = strlen(at->before) + strlen(at->after);
  size_t part = strlen(at->part);
  size_t times = size > fixed ? (size - fixed) / part : 0;
  text made = {malloc(size + fixed + part + 1), 0};
  assert_non_null(made.bytes);
  times = times < at->most ? times : at->most;
  made.size = strlen(at->before);
  (void)memcpy(made.bytes, at->before, made.size);
  for (; times > 0; times--) {
    char *number;
    (void)memcpy(made.bytes + made.size, at->part, part + 1);
    number = strchr(made.bytes + made.size, '#');
    if (number != NULL) {
      number[0] = (char)('0' + times / 10);
      number[1] = (char)('0' + times % 10);
    }
    made.size += part;
  }
  (void)memcpy(made.bytes + made.size, at->after, strlen(at->after));
  made.size += strlen(at->after);
  return made;
}

/* The work of reading and judging it, in pieces of that size. */
static size_t measure(const text *made, size_t piece, int status) {
  char accept[WSS__ACCEPT_SIZE];
  test_request it;
  size_t at = 0;
  size_t used;
  int result = 0;
  test_request_begin(&it, 8192);
  work = 0;
  while (result == 0 && at < made->size) {
    size_t step = piece < made->size - at ? piece : made->size - at;
    result = wss__request_feed(it.request, (const uint8_t *)made->bytes + at,
                               step, &used, &it.refusal);
    at += step;
  }
  if (result == 1)
    result = wss__handshake_check(it.request, accept, &it.refusal);
  used = work;
  assert_int_equal(result == 0 ? 101 : it.refusal.status, status);
  test_request_end(&it);
  return used;
}

/* What may be done for a byte in all, and for a read; compilers count
   differently. */
#define FOR_A_BYTE 100
#define FOR_A_READ 64

static void b2_byte_by_byte_and_whole(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(shapes); i++) {
    text half = make(&shapes[i], 4000);
    text full = make(&shapes[i], shapes[i].status == 431 ? 20000 : 8000);
    size_t reads = full.size < 8193 ? full.size : 8193;
    size_t whole = measure(&full, full.size, shapes[i].status);
    size_t single = measure(&full, 1, shapes[i].status);
    print_message("%-28s %5zu bytes: %zu for each, and %zu for each read\n",
                  shapes[i].name, full.size, whole / full.size, single / reads);
    assert_in_range(whole, 1, FOR_A_BYTE * reads);
    assert_in_range(single, 1, whole + FOR_A_READ * reads);
    if (full.size >= 2 * half.size - 100 && shapes[i].status != 431) {
      size_t twice = 2 * half.size;
      size_t half_whole = measure(&half, half.size, shapes[i].status);
      size_t half_single = measure(&half, 1, shapes[i].status);
      assert_in_range(full.size, twice - 100, twice + 100);
      assert_in_range(whole, half_whole, 21 * half_whole / 10);
      assert_in_range(single, half_single, 21 * half_single / 10);
    }
    free(half.bytes);
    free(full.bytes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(b2_byte_by_byte_and_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
