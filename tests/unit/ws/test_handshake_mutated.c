/* B1: 100,000 opening handshakes, each a valid one with some changes made at
   random. It is answered with 101 exactly if a second reading of the RFCs calls
   it valid, else with a status that fits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake_answer.h"

static uint64_t random_state;

static size_t below(size_t bound) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (size_t)(random_state >> 11) % bound;
}

static void remove_bytes(text *to, size_t at, size_t size) {
  memmove(to->bytes + at, to->bytes + at + size, to->size - at - size);
  to->size -= size;
}

static void insert_bytes(text *to, size_t at, const void *bytes, size_t size) {
  memmove(to->bytes + at + size, to->bytes + at, to->size - at);
  memcpy(to->bytes + at, bytes, size);
  to->size += size;
}

static void mutate(text *to) {
  static const char odd[] = "\r\n: \t/\0\x7f\xff,;=AGHaghU013#?%[]@\"\\+.-";
  static const char *const pieces[] = {"\r\n",
                                       "\r\n ",
                                       "\r\n\r\n",
                                       ": ",
                                       ", ",
                                       "websocket",
                                       "Upgrade",
                                       "13",
                                       "Host: a\r\n",
                                       "X: y\r\n",
                                       "Connection",
                                       "=\"a\"",
                                       "; a=b",
                                       "Content-Length: 0\r\n",
                                       "[::1]",
                                       "http://a.b",
                                       "%41",
                                       "\t",
                                       "Sec-WebSocket-"};
  size_t at = below(to->size);
  size_t most = to->size - at < 40 ? to->size - at : 40;
  char copy[40];
  const char *piece = pieces[below(COUNT(pieces))];
  char byte = odd[below(sizeof odd - 1)];
  switch (below(8)) {
  case 0:
    to->bytes[at] = byte;
    break;
  case 1:
    to->bytes[at] = (char)below(256);
    break;
  case 2:
    to->bytes[at] ^= (char)(1 << below(8));
    break;
  case 3:
    remove_bytes(to, at, 1);
    break;
  case 4:
    remove_bytes(to, at, 1 + below(most));
    break;
  case 5:
    insert_bytes(to, at, &byte, 1);
    break;
  case 6:
    insert_bytes(to, at, piece, strlen(piece));
    break;
  default: /* a piece of the text, somewhere else */
    most = 1 + below(most);
    memcpy(copy, to->bytes + at, most);
    insert_bytes(to, below(to->size), copy, most);
    break;
  }
  if (to->size == 0)
    add(to, "G", 1);
}

static const char *const bases[] = {
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n",
    "GET http://[::1]:8443/a?b HTTP/1.1\r\nHost: [::1]:8443\r\n"
    "Connection: keep-alive\r\nConnection: ,Upgrade\r\nUpgrade: h2c,websocket"
    "\r\nSec-WebSocket-Version:\t13\r\n"
    "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\t\r\nContent-Length: 0\r\n",
    "\r\nGET /chat HTTP/1.1\r\nhost: a.example:1\r\nUPGRADE: WebSocket\r\n"
    "connection: upgrade\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "sec-websocket-version: 13\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
    "Sec-WebSocket-Protocol: v1\r\nSec-WebSocket-Extensions: a; b=\"c\", d\r\n"
    "Cookie: a=b\r\nUser-Agent: x/1 (y; z)\r\n",
};

static void b1_at_random(void **state) {
  size_t valid = 0;
  size_t round;
  (void)state;
  random_state = 6455;
  for (round = 0; round < 100000; round++) {
    static text sent;
    size_t changes = 1 + below(4);
    size_t used;
    int status;
    sent.size = 0;
    add_text(&sent, bases[round % COUNT(bases)]);
    while (changes-- > 0)
      mutate(&sent);
    add_text(&sent, "\r\n\r\n"); /* so that each has an end */
    status = answer(&sent, round % 4 == 0 ? 1 + below(50) : sent.size, &used);
    if (ref_valid(sent.bytes, sent.size) != (status == 101))
      fail_msg("%d for:\n%.*s", status, (int)sent.size, sent.bytes);
    if (status == 101)
      valid++;
    else if (status != 400 && status != 405 && status != 414 && status != 426 &&
             status != 431 && status != 505)
      fail_msg("%d for:\n%.*s", status, (int)sent.size, sent.bytes);
  }
  (void)printf("at random: %zu, of which valid: %zu\n", round, valid);
  assert_in_range(valid, 1000, 50000);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(b1_at_random)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
