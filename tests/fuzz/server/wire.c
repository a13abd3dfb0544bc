#include "server/wire.h"

#include <stdbool.h>
#include <string.h>

#include "support/input.h"
#include "support/reference_http.h"
#include "support/reference_utf8.h"

/* RFC 8446 5.1, 5.2 and RFC 5246 6.2.3. */
#define MAX_RECORD (16384 + 2048)

/* RFC 6455 7.4, from a server. */
static void check_close(const uint8_t *payload, size_t size) {
  int code = size < 2 ? 1000 : payload[0] * 256 + payload[1];
  bool complete;
  CHECK(size != 1);
  CHECK((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
        (code >= 3000 && code <= 4999));
  if (size > 2)
    CHECK(reference_utf8(payload + 2, size - 2, &complete) == size - 2 &&
          complete);
}

/* A frame: this library's are whole messages, in the shortest form. Returns its
   size; 0 if it is not whole. */
static size_t check_frame(const uint8_t *bytes, size_t size) {
  size_t head = 2;
  uint64_t length;
  int opcode = bytes[0] & 15;
  bool complete;
  CHECK(bytes[0] >> 4 == 8); /* FIN, no RSV */
  CHECK(opcode == 1 || opcode == 2 || (opcode >= 8 && opcode <= 10));
  if (size < 2)
    return 0;
  CHECK(bytes[1] < 128);
  CHECK(opcode < 8 || bytes[1] <= 125);
  length = bytes[1];
  if (length > 125) {
    size_t extended = length == 126 ? 2 : 8;
    uint64_t least = length == 126 ? 126 : 65536;
    length = 0;
    for (; head < 2 + extended && head < size; head++)
      length = length * 256 + bytes[head];
    if (head < 2 + extended)
      return 0;
    CHECK(length >= least && length <= INT64_MAX);
  }
  if (length > size - head)
    return 0;
  if (opcode == 1)
    CHECK(reference_utf8(bytes + head, (size_t)length, &complete) == length &&
          complete);
  if (opcode == 8)
    check_close(bytes + head, (size_t)length);
  return head + (size_t)length;
}

static void check_frames(const uint8_t *bytes, size_t size) {
  size_t at = 0;
  while (at < size) {
    size_t step = check_frame(bytes + at, size - at);
    bool close = (bytes[at] & 15) == 8;
    if (step == 0)
      return;
    at += step;
    if (close)
      CHECK(at == size);
  }
}

void wire_check(const uint8_t *bytes, size_t size) {
  static const char start[] = "HTTP/1.1 ";
  static reference_response response;
  text whole = {(const char *)bytes, size};
  size_t head = size == 0 ? 0 : text_find(whole, "\r\n\r\n");
  const field *length;
  size_t known = size < sizeof start - 1 ? size : sizeof start - 1;
  CHECK(size == 0 || memcmp(bytes, start, known) == 0);
  if (head == size)
    return;
  /* Of the body, as much as came; and none if it answered a HEAD request. */
  reference_response_read(&response, bytes, head + 4, true);
  if (response.status == 101) {
    CHECK(fields_find(&response.all, "Sec-WebSocket-Accept") != NULL);
    check_frames(bytes + head + 4, size - head - 4);
    return;
  }
  length = fields_find(&response.all, "Content-Length");
  if (length == NULL) {
    CHECK(size == head + 4);
  } else {
    size_t body = 0;
    size_t i;
    for (i = 0; i < length->value.size; i++)
      body = body * 10 + (size_t)(length->value.at[i] - '0');
    CHECK(size - head - 4 <= body);
  }
}

void wire_check_records(const uint8_t *bytes, size_t size) {
  size_t at = 0;
  if (size > 0 && bytes[0] == 'H') {
    wire_check(bytes, size);
    return;
  }
  while (size - at >= 5) {
    const uint8_t *record = bytes + at;
    size_t length = (size_t)record[3] << 8 | record[4];
    CHECK(record[0] >= 20 && record[0] <= 23);
    CHECK(record[1] == 3 && record[2] >= 1 && record[2] <= 3);
    CHECK(length > 0 && length <= MAX_RECORD);
    if (length > size - at - 5)
      return;
    at += 5 + length;
  }
}
