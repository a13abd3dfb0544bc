/* A request as an opening handshake: accepted exactly if a second reading
   accepts it; the answer is made of the server's own text, of the hash of the
   key, and of fields of the program's that are valid.

   Settings: bits 0-1 the option origins, 2-3 the option subprotocols, 4 what
   stands behind the head is a field that the program wants to send. */
#include <stdlib.h>
#include <string.h>

#include "http/request.h"
#include "support/allocator.h"
#include "support/input.h"
#include "support/reference_handshake.h"
#include "ws/handshake.h"

#define MAX_SIZE 8192

static const char *const star[] = {"*", NULL};
static const char *const hosts[] = {"example.org", "[::1]:443", NULL};
static const char *const whole[] = {"https://example.org", "http://h:80", NULL};
static const char *const *const origin_lists[] = {NULL, star, hosts, whole};

static const char *const chat[] = {"chat", NULL};
static const char *const three[] = {"superchat", "chat", "v2.x", NULL};
static const char *const none[] = {NULL};
static const char *const *const subprotocol_lists[] = {NULL, none, chat, three};

/* ---- Refusals ------------------------------------------------------------ */

static void check_refusal(const wss__refusal *refusal, int error) {
  const wss__response response = {
      .status = refusal->status,
      .headers = refusal->headers,
      .header_count = refusal->header_count,
      .body = refusal->detail.text,
      .body_size = strlen(refusal->detail.text),
  };
  test_allocator memory;
  wss__buf out;
  CHECK(error == refusal->error);
  if (error == WSS_ERR_ORIGIN)
    CHECK(refusal->status == 403);
  else
    CHECK(error == WSS_ERR_HANDSHAKE &&
          (refusal->status == 400 || refusal->status == 405 ||
           refusal->status == 426));
  test_allocator_init(&memory);
  wss__buf_init(&out, SIZE_MAX);
  CHECK(wss__response_pack(&out, &memory.functions, &response) == 0);
  reference_refusal(wss__buf_data(&out), out.length, refusal->status,
                    refusal->detail.text);
  wss__buf_free(&out, &memory.functions);
}

/* ---- The 101 ------------------------------------------------------------- */

static bool is_own(text name) {
  static const char *const names[] = {"Connection",        "Upgrade",
                                      "Content-Length",    "Content-Type",
                                      "Transfer-Encoding", "Trailer"};
  text start = {name.at, name.size < 14 ? name.size : 14};
  size_t i;
  for (i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (text_same_as(name, names[i]))
      return true;
  }
  return text_same_as(start, "Sec-WebSocket-");
}

/* The field that the program wants to send: "name:value", both NUL-terminated.
   Returns how many fields there are, 0 or 1, and checks the library's judgement
   on it. */
static size_t program_field(char *content, wss_header *header) {
  text rest = text_of(content);
  text name = text_cut(&rest, ":");
  bool valid = text_is_token(name) && !is_own(name) &&
               text_is_field_value(rest) && text_trim(rest).size == rest.size;
  header->value = rest.at;
  content[name.size] = '\0';
  header->name = content;
  CHECK((wss__headers_check(header, 1) == 0) == valid);
  return valid ? 1 : 0;
}

/* Reads the answer as a client would (RFC 6455 4.1). */
static void check_answer(const wss__buf *out, const reference_request *request,
                         const char *protocol, const wss_header *header,
                         size_t header_count) {
  reference_response response;
  const fields *all = &response.all;
  char accept[29];
  reference_response_read(&response, wss__buf_data(out), out->length, false);
  reference_accept(request, accept);
  CHECK(response.status == 101 && response.body.size == 0);
  CHECK(all->count == 3 + (protocol != NULL) + header_count);
  CHECK(text_equal(fields_find(all, "Upgrade")->value, "websocket"));
  CHECK(text_equal(fields_find(all, "Connection")->value, "Upgrade"));
  CHECK(text_equal(fields_find(all, "Sec-WebSocket-Accept")->value, accept));
  if (protocol != NULL)
    CHECK(text_equal(fields_find(all, "Sec-WebSocket-Protocol")->value,
                     protocol));
  if (header_count > 0)
    CHECK(text_equal(fields_find(all, header->name)->value, header->value));
}

static void answer(const reference_request *expected, const wss_request *shown,
                   const char *accept, const fuzz_input *input) {
  const char *const *list = subprotocol_lists[input->settings >> 2 & 3];
  const char *protocol = wss__handshake_subprotocol(shown, list);
  char *content = calloc(1, input->size - expected->size + 1);
  wss_header header = {NULL, NULL};
  test_allocator memory;
  size_t count = 0;
  wss__buf out;
  size_t i;
  CHECK(content != NULL);
  memcpy(content, input->bytes + expected->size, input->size - expected->size);
  for (i = 0; list != NULL && list[i] != protocol; i++)
    CHECK(!reference_offered(expected, list[i]));
  CHECK(protocol == NULL || reference_offered(expected, protocol));
  if ((input->settings & 0x10) != 0)
    count = program_field(content, &header);
  test_allocator_init(&memory);
  test_allocator_fail(&memory, input->fail_at, true);
  wss__buf_init(&out, SIZE_MAX);
  if (wss__handshake_pack(&out, &memory.functions, accept, protocol, &header,
                          count) == 0)
    check_answer(&out, expected, protocol, &header, count);
  else
    CHECK(memory.failures > 0 && out.length == 0);
  wss__buf_free(&out, &memory.functions);
  CHECK(memory.blocks == 0);
  free(content);
}

/* ---- The handshake ------------------------------------------------------- */

static void check_subprotocols(const reference_request *expected,
                               const wss_request *shown) {
  size_t i;
  for (i = 0; i < shown->subprotocol_count; i++)
    CHECK(reference_offered(expected, shown->subprotocols[i]));
}

static void judge(const reference_request *expected, wss__request *request,
                  const fuzz_input *input) {
  const wss_request *shown = wss__request_public(request);
  const char *const *origins = origin_lists[input->settings & 3];
  bool allowed = reference_origin_allowed(expected, origins);
  char accept[WSS__ACCEPT_SIZE];
  wss__refusal refusal;
  int err;
  CHECK(wss__handshake_asked(shown) == reference_handshake_asked(expected));
  err = wss__handshake_check(request, accept, &refusal);
  CHECK((err == 0) == reference_handshake_valid(expected));
  if (err < 0) {
    check_refusal(&refusal, err);
    return;
  }
  check_subprotocols(expected, shown);
  err = wss__handshake_origin(shown, origins, &refusal);
  CHECK((err == 0) == allowed);
  if (err < 0)
    check_refusal(&refusal, err);
  else
    answer(expected, shown, accept, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static reference_request expected;
  test_allocator memory;
  wss__request *request;
  wss__refusal refusal;
  fuzz_input input;
  uint8_t *piece;
  size_t used;
  int result;
  if (!fuzz_input_read(&input, data, size))
    return 0;
  reference_request_read(&expected, input.bytes, input.size, MAX_SIZE);
  if (!expected.valid)
    return 0;
  test_allocator_init(&memory);
  request = wss__request_new(&memory.functions, MAX_SIZE);
  CHECK(request != NULL);
  piece = fuzz_copy(input.bytes, expected.size);
  result = wss__request_feed(request, piece, expected.size, &used, &refusal);
  free(piece);
  CHECK(result == 1 && used == expected.size);
  judge(&expected, request, &input);
  wss__request_free(request);
  CHECK(memory.blocks == 0);
  return 0;
}
