/* A2: what RFC 6455 requires of frames and messages (sections 5, 6, 8, 10):
   the bytes that a client sends, and what comes of them, however they are cut.
   Most masks are zero, so that payloads can be read. */
#include "support/rfc6455.h"

#include "support/session_log.h"

#define LIMIT 1000

#define MASK "\0\0\0\0"
#define X125                                                                   \
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
  "x"                                                                          \
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X126 X125 "x"

#define BROKEN "send-close(1002) WSS_ERR_PROTOCOL"
#define NOT_UTF8 "send-close(1007) WSS_ERR_UTF8"
#define TOO_BIG "send-close(1009) WSS_ERR_TOO_BIG"

typedef struct row {
  const char *name;
  const char *bytes;
  size_t size;
  const char *expected;
} row;

static const row rows[] = {
    {"5.1 a client masks: text", BYTES("\x81\x05Hello"), BROKEN},
    {"5.1 a client masks: binary", BYTES("\x82\x01x"), BROKEN},
    {"5.1 a client masks: an empty message", BYTES("\x81\x00"), BROKEN},
    {"5.1 a client masks: a continuation", BYTES("\x01\x81" MASK "a\x80\x01x"),
     BROKEN},
    {"5.1 a client masks: ping", BYTES("\x89\x00"), BROKEN},
    {"5.1 a client masks: pong", BYTES("\x8a\x00"), BROKEN},
    {"5.1 a client masks: close", BYTES("\x88\x02\x03\xe8"), BROKEN},
    {"5.1 a client masks: a later frame", BYTES("\x81\x81" MASK "a\x81\x01x"),
     "text(a) " BROKEN},

    {"5.2 RSV1 is zero: text", BYTES("\xc1\x81" MASK "x"), BROKEN},
    {"5.2 RSV1 is zero: binary", BYTES("\xc2\x81" MASK "x"), BROKEN},
    {"5.2 RSV1 is zero: ping", BYTES("\xc9\x80" MASK), BROKEN},
    {"5.2 RSV1 is zero: a continuation",
     BYTES("\x01\x81" MASK "a\xc0\x81" MASK "b"), BROKEN},
    {"5.2 RSV2 is zero: text", BYTES("\xa1\x81" MASK "x"), BROKEN},
    {"5.2 RSV2 is zero: pong", BYTES("\xaa\x80" MASK), BROKEN},
    {"5.2 RSV3 is zero: text", BYTES("\x91\x81" MASK "x"), BROKEN},
    {"5.2 RSV3 is zero: close", BYTES("\x98\x80" MASK), BROKEN},
    {"5.2 opcode 3 is reserved", BYTES("\x83\x80" MASK), BROKEN},
    {"5.2 opcode 4 is reserved", BYTES("\x84\x80" MASK), BROKEN},
    {"5.2 opcode 5 is reserved", BYTES("\x85\x80" MASK), BROKEN},
    {"5.2 opcode 6 is reserved", BYTES("\x86\x80" MASK), BROKEN},
    {"5.2 opcode 7 is reserved", BYTES("\x87\x80" MASK), BROKEN},
    {"5.2 opcode B is reserved", BYTES("\x8b\x80" MASK), BROKEN},
    {"5.2 opcode C is reserved", BYTES("\x8c\x80" MASK), BROKEN},
    {"5.2 opcode D is reserved", BYTES("\x8d\x80" MASK), BROKEN},
    {"5.2 opcode E is reserved", BYTES("\x8e\x80" MASK), BROKEN},
    {"5.2 opcode F is reserved", BYTES("\x8f\x80" MASK), BROKEN},
    {"5.2 a length of 7 bits: 0", BYTES("\x81\x80" MASK), "text()"},
    {"5.2 a length of 7 bits: 125", BYTES("\x82\xfd" MASK X125),
     "binary(125*x)"},
    {"5.2 a length of 16 bits: 126", BYTES("\x82\xfe\0\x7e" MASK X126),
     "binary(126*x)"},
    {"5.2 a length of 16 bits in network byte order",
     BYTES("\x82\xfe\x01\x00" MASK X126 X125 "xxxxx"), "binary(256*x)"},
    {"5.2 the shortest length: 0 in 16 bits", BYTES("\x82\xfe\0\0" MASK),
     BROKEN},
    {"5.2 the shortest length: 125 in 16 bits",
     BYTES("\x82\xfe\0\x7d" MASK X125), BROKEN},
    {"5.2 the shortest length: 126 in 64 bits",
     BYTES("\x82\xff\0\0\0\0\0\0\0\x7e" MASK X126), BROKEN},
    {"5.2 the shortest length: 65535 in 64 bits",
     BYTES("\x82\xff\0\0\0\0\0\0\xff\xff" MASK), BROKEN},
    {"5.2 a length of 64 bits has its top bit clear: 2^63",
     BYTES("\x82\xff\x80\0\0\0\0\0\0\0" MASK), BROKEN},
    {"5.2 a length of 64 bits has its top bit clear: 2^64-1",
     BYTES("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff" MASK), BROKEN},
    {"5.2 a length does not count the masking key",
     BYTES("\x81\x82\1\1\1\1``\x81\x80" MASK), "text(aa) text()"},

    {"5.3 each octet is unmasked by octet i mod 4 of the key",
     BYTES("\x82\x89\x01\x02\x04\x08\x01\x02\x04\x08\x01\x02\x04\x08\x01"),
     "binary(\\00\\00\\00\\00\\00\\00\\00\\00\\00)"},
    {"5.3 each frame has a key of its own",
     BYTES("\x01\x82\1\1\1\1``\x80\x83\2\2\2\2ccc"), "text(aaaaa)"},
    {"5.3 a key of zeros is a key", BYTES("\x81\x82" MASK "ab"), "text(ab)"},

    {"5.4 a message in one frame", BYTES("\x81\x82" MASK "ab"), "text(ab)"},
    {"5.4 a message in two frames", BYTES("\x01\x81" MASK "a\x80\x81" MASK "b"),
     "text(ab)"},
    {"5.4 a message in three frames, in their order",
     BYTES("\x02\x81" MASK "a\x00\x81" MASK "b\x80\x81" MASK "c"),
     "binary(abc)"},
    {"5.4 fragments may be empty",
     BYTES("\x01\x80" MASK "\x00\x81" MASK "a\x00\x80" MASK "\x80\x80" MASK),
     "text(a)"},
    {"5.4 a message of empty fragments", BYTES("\x02\x80" MASK "\x80\x80" MASK),
     "binary()"},
    {"5.4 the type is that of the first frame",
     BYTES("\x02\x81" MASK "\xff\x80\x81" MASK "\xfe"), "binary(\\ff\\fe)"},
    {"5.4 a message after a fragmented one",
     BYTES("\x01\x80" MASK "\x80\x81" MASK "a\x82\x81" MASK "b"),
     "text(a) binary(b)"},
    {"5.4 a ping between fragments is answered at once",
     BYTES("\x01\x81" MASK "a\x89\x81" MASK "p\x80\x81" MASK "b"),
     "send-pong(p) text(ab)"},
    {"5.4 a pong between fragments",
     BYTES("\x01\x81" MASK "a\x8a\x81" MASK "p\x80\x81" MASK "b"),
     "pong(p) text(ab)"},
    {"5.4 a close between fragments ends the message",
     BYTES("\x01\x81" MASK "a\x88\x80" MASK "\x80\x81" MASK "b"),
     "send-close()"},
    {"5.4 a continuation continues something: FIN", BYTES("\x80\x81" MASK "x"),
     BROKEN},
    {"5.4 a continuation continues something: no FIN",
     BYTES("\x00\x81" MASK "x"), BROKEN},
    {"5.4 a continuation continues something: not what is complete",
     BYTES("\x01\x81" MASK "a\x80\x81" MASK "b\x80\x81" MASK "c"),
     "text(ab) " BROKEN},
    {"5.4 messages are not interleaved: text",
     BYTES("\x01\x81" MASK "a\x81\x81" MASK "b"), BROKEN},
    {"5.4 messages are not interleaved: binary",
     BYTES("\x01\x81" MASK "a\x82\x81" MASK "b"), BROKEN},
    {"5.4 messages are not interleaved: fragments",
     BYTES("\x02\x81" MASK "a\x01\x81" MASK "b"), BROKEN},
    {"5.4 messages are not interleaved: behind an empty one",
     BYTES("\x02\x80" MASK "\x02\x81" MASK "b"), BROKEN},
    {"5.4 control frames are not fragmented: ping",
     BYTES("\x09\x81" MASK "a\x80\x81" MASK "b"), BROKEN},
    {"5.4 control frames are not fragmented: pong", BYTES("\x0a\x80" MASK),
     BROKEN},
    {"5.4 control frames are not fragmented: close", BYTES("\x08\x80" MASK),
     BROKEN},

    {"5.5 a ping has up to 125 bytes", BYTES("\x89\xfd" MASK X125),
     "send-pong(125*x)"},
    {"5.5 a pong has up to 125 bytes", BYTES("\x8a\xfd" MASK X125),
     "pong(125*x)"},
    {"5.5 a ping has no 126 bytes", BYTES("\x89\xfe\0\x7e" MASK X126), BROKEN},
    {"5.5 a pong has no 126 bytes", BYTES("\x8a\xfe\0\x7e" MASK X126), BROKEN},
    {"5.5 a close has no 126 bytes",
     BYTES("\x88\xfe\0\x7e" MASK "\x03\xe8" X125), BROKEN},
    {"5.5 a ping has no length of 64 bits",
     BYTES("\x89\xff\0\0\0\0\0\1\0\0" MASK), BROKEN},

    {"5.5.2 a ping is answered by a pong", BYTES("\x89\x80" MASK),
     "send-pong()"},
    {"5.5.2 each ping is answered", BYTES("\x89\x81" MASK "a\x89\x81" MASK "b"),
     "send-pong(a) send-pong(b)"},
    {"5.5.2 no ping is answered after a close",
     BYTES("\x88\x80" MASK "\x89\x81" MASK "a"), "send-close()"},
    {"5.5.3 a pong has the data of its ping",
     BYTES("\x89\x85\1\2\3\4\xfe\x02\x09\x0e\x01"),
     "send-pong(\\ff\\00\\0a\\0a\\00)"},
    {"5.5.3 a pong that nobody asked for is no error, and is not answered",
     BYTES("\x8a\x81" MASK "a\x81\x81" MASK "b"), "pong(a) text(b)"},

    {"5.6 text is UTF-8",
     BYTES("\x81\x8a" MASK "\xce\xba\xe2\x82\xac\xf0\x9f\x98\x80!"),
     "text(\\ce\\ba\\e2\\82\\ac\\f0\\9f\\98\\80!)"},
    {"5.6 text is UTF-8: the least and the greatest of each length",
     BYTES("\x81\x93" MASK "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"
           "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
     "text(\\7f\\c2\\80\\df\\bf\\e0\\a0\\80\\ef\\bf\\bf"
     "\\f0\\90\\80\\80\\f4\\8f\\bf\\bf)"},
    {"5.6 text is UTF-8: NUL is a character", BYTES("\x81\x81" MASK "\0"),
     "text(\\00)"},
    {"5.6 a fragment may end within a character",
     BYTES("\x01\x81" MASK "\xe2\x00\x81" MASK "\x82\x80\x81" MASK "\xac"),
     "text(\\e2\\82\\ac)"},
    {"5.6 binary is anything", BYTES("\x82\x85" MASK "\xff\xfe\x00\xc0\x80"),
     "binary(\\ff\\fe\\00\\c0\\80)"},

    {"5.7 a masked text", BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
     "text(Hello)"},
    {"5.7 a masked pong", BYTES("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
     "pong(Hello)"},
    {"5.8 no extension, no extension data", BYTES("\xf1\x85" MASK "Hello"),
     BROKEN},

    {"6.2 several messages in one read",
     BYTES("\x81\x81" MASK "a\x82\x81" MASK "b\x81\x81" MASK "c"),
     "text(a) binary(b) text(c)"},
    {"6.2 what is received is unmasked",
     BYTES("\x82\x84\xff\xff\xff\xff\x00\xff\x9e\x9d"), "binary(\\ff\\00ab)"},

    {"8.1 no UTF-8: a byte that follows nothing",
     BYTES("\x81\x83" MASK "a\x80z"), NOT_UTF8},
    {"8.1 no UTF-8: a byte that never occurs", BYTES("\x81\x83" MASK "a\xffz"),
     NOT_UTF8},
    {"8.1 no UTF-8: a form that is too long, of 2 bytes",
     BYTES("\x81\x82" MASK "\xc0\xaf"), NOT_UTF8},
    {"8.1 no UTF-8: a form that is too long, of 3 bytes",
     BYTES("\x81\x83" MASK "\xe0\x80\xaf"), NOT_UTF8},
    {"8.1 no UTF-8: a form that is too long, of 4 bytes",
     BYTES("\x81\x84" MASK "\xf0\x80\x80\xaf"), NOT_UTF8},
    {"8.1 no UTF-8: a surrogate", BYTES("\x81\x83" MASK "\xed\xa0\x80"),
     NOT_UTF8},
    {"8.1 no UTF-8: above U+10FFFF", BYTES("\x81\x84" MASK "\xf4\x90\x80\x80"),
     NOT_UTF8},
    {"8.1 no UTF-8: a character that the message cuts",
     BYTES("\x81\x82" MASK "\xe2\x82"), NOT_UTF8},
    {"8.1 no UTF-8: a character that the last fragment cuts",
     BYTES("\x01\x81" MASK "\xe2\x80\x81" MASK "\x82"), NOT_UTF8},
    {"8.1 no UTF-8: found before the frame is whole",
     BYTES("\x81\xfe\x03\xe8" MASK "abc\xff"), NOT_UTF8},
    {"8.1 no UTF-8: found before the message is whole",
     BYTES("\x01\x81" MASK "\xe2\x00\x82" MASK "\x28."), NOT_UTF8},

    {"10.4 a frame over the limit is refused from its header",
     BYTES("\x82\xfe\x03\xe9" MASK), TOO_BIG},
    {"10.4 the greatest length there is",
     BYTES("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" MASK), TOO_BIG},
    {"10.4 fragments over the limit are refused from a header",
     BYTES("\x02\xfd" MASK X125 "\x00\xfe\x03\x6c" MASK), TOO_BIG},
};

static void run(void **state) {
  const row *at = *state;
  test_stream stream = {0};
  test_stream_bytes(&stream, at->bytes, at->size);
  test_stream_expect(&stream, LIMIT, at->expected);
}

int main(void) {
  return run_rows("frames and messages", rows, sizeof rows[0], COUNT(rows), 95,
                  run);
}
