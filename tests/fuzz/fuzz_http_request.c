/* The head of a request: accepted exactly if a second reading accepts it,
   however it is cut, and then with the same parts; a refusal is a response that
   nothing in the request can shape; memory follows what was received.

   Settings: bits 0-1 the largest head, 5 from the failing allocation on all
   fail. */
#include <stdlib.h>
#include <string.h>

#include "http/request.h"
#include "support/allocator.h"
#include "support/input.h"
#include "support/reference_http.h"

typedef struct run {
  test_allocator memory;
  wss__request *request;
  wss__refusal refusal;
  int result;
  size_t used;
} run;

/* Feeds until there is a result. */
static void play(run *it, fuzz_input input, bool cut, size_t max_size) {
  memset(&it->refusal, 0, sizeof it->refusal);
  it->result = WSS_ERR_NOMEM;
  it->used = 0;
  it->request = wss__request_new(&it->memory.functions, max_size);
  if (it->request == NULL)
    return;
  it->result = 0;
  while (it->result == 0 && input.at < input.size) {
    size_t size;
    uint8_t *piece = fuzz_next(&input, cut, &size);
    size_t used = SIZE_MAX;
    it->result =
        wss__request_feed(it->request, piece, size, &used, &it->refusal);
    free(piece);
    CHECK(it->result != 0 || used == size);
    CHECK(it->result != 1 || used <= size);
    it->used += it->result >= 0 ? used : 0;
    CHECK(it->memory.peak <= 4 * input.at + 8192);
  }
}

static void end(run *it) {
  wss__request_free(it->request);
  CHECK(it->memory.blocks == 0);
}

/* ---- What was accepted --------------------------------------------------- */

/* The values of all lines of a field, as RFC 9110 5.3 joins them. */
static void check_joined(const wss_request *shown, const fields *all,
                         text name) {
  fuzz_log joined = {NULL, 0, 0};
  char *asked = malloc(name.size + 1);
  const char *value;
  size_t count = 0;
  size_t i;
  CHECK(asked != NULL);
  memcpy(asked, name.at, name.size);
  asked[name.size] = '\0';
  for (i = 0; i < all->count; i++) {
    if (!text_same(all->list[i].name, name))
      continue;
    if (count++ > 0)
      fuzz_log_bytes(&joined, ", ", 2);
    fuzz_log_bytes(&joined, all->list[i].value.at, all->list[i].value.size);
  }
  fuzz_log_bytes(&joined, "", 1);
  value = wss__request_field(shown, asked);
  CHECK(value != NULL && strlen(value) + 1 == joined.size);
  CHECK(memcmp(value, joined.bytes, joined.size) == 0);
  CHECK(wss__request_field_count(shown, asked) == count);
  fuzz_log_free(&joined);
  free(asked);
}

/* RFC 6265 4.2.1, of the first Cookie line that has it. */
static void check_cookie(const wss_request *shown, const fields *all,
                         const char *name) {
  size_t size = SIZE_MAX;
  const char *value = wss__request_cookie(shown, name, &size);
  size_t i;
  for (i = 0; i < all->count; i++) {
    text rest = all->list[i].value;
    while (text_same_as(all->list[i].name, "Cookie") && rest.size > 0) {
      text pair = text_trim(text_cut(&rest, ";"));
      if (text_find(pair, "=") == pair.size ||
          !text_equal(text_cut(&pair, "="), name))
        continue;
      CHECK(value != NULL && size == pair.size);
      CHECK(memcmp(value, pair.at, size) == 0);
      return;
    }
  }
  CHECK(value == NULL);
}

static void check_request(const wss_request *shown,
                          const reference_request *expected) {
  const fields *all = &expected->all;
  const field *origin = fields_find(all, "Origin");
  bool slash = text_begins(expected->path, "/");
  size_t i;
  CHECK(text_equal(expected->method, shown->method));
  CHECK(text_equal(expected->target, shown->target));
  CHECK(shown->path[0] == '/');
  CHECK(text_equal(expected->path, shown->path + (slash ? 0 : 1)));
  CHECK((shown->query != NULL) == expected->has_query);
  CHECK(shown->query == NULL || text_equal(expected->query, shown->query));
  CHECK(text_equal(fields_find(all, "Host")->value, shown->host));
  CHECK((shown->origin != NULL) == (origin != NULL));
  CHECK(shown->header_count == all->count);
  CHECK(shown->subprotocol_count == 0);
  for (i = 0; i < all->count; i++) {
    CHECK(text_equal(all->list[i].name, shown->headers[i].name));
    CHECK(text_equal(all->list[i].value, shown->headers[i].value));
    check_joined(shown, all, all->list[i].name);
  }
  CHECK(wss__request_field(shown, "No-Such") == NULL ||
        fields_find(all, "No-Such") != NULL);
  check_cookie(shown, all, "id");
  check_cookie(shown, all, "a");
  check_cookie(shown, all, "");
}

/* ---- What was refused ---------------------------------------------------- */

static void check_refusal(const wss__refusal *refusal) {
  static const int statuses[] = {400, 405, 414, 431, 505};
  test_allocator memory;
  wss__buf out;
  wss__response response;
  size_t i;
  size_t known = 0;
  for (i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
    known += refusal->status == statuses[i];
  CHECK(known == 1 && refusal->error == WSS_ERR_HTTP);
  memset(&response, 0, sizeof response);
  response.status = refusal->status;
  response.headers = refusal->headers;
  response.header_count = refusal->header_count;
  response.body = refusal->detail.text;
  response.body_size = strlen(refusal->detail.text);
  CHECK(response.body_size > 0);
  test_allocator_init(&memory);
  wss__buf_init(&out, SIZE_MAX);
  CHECK(wss__response_pack(&out, &memory.functions, &response) == 0);
  reference_refusal(wss__buf_data(&out), out.length, refusal->status,
                    refusal->detail.text);
  wss__buf_free(&out, &memory.functions);
}

static bool same_refusal(const wss__refusal *a, const wss__refusal *b) {
  return a->error == b->error && a->status == b->status &&
         a->headers == b->headers &&
         strcmp(a->detail.text, b->detail.text) == 0;
}

static void check_result(const run *it, const reference_request *expected,
                         const fuzz_input *input, size_t max_size) {
  CHECK(it->result == 1 || it->result == 0 || it->result == WSS_ERR_HTTP);
  CHECK((it->result == 1) == expected->valid);
  if (it->result == 1) {
    CHECK(it->used == expected->size);
    check_request(wss__request_public(it->request), expected);
  }
  if (it->result == 0)
    CHECK(expected->size == 0 && input->size <= max_size);
  if (it->result < 0)
    check_refusal(&it->refusal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const size_t sizes[] = {8192, 65536, 1024, 100};
  static reference_request expected;
  fuzz_input input;
  size_t max_size;
  run whole;
  run pieces;
  run failing;
  if (!fuzz_input_read(&input, data, size))
    return 0;
  max_size = sizes[input.settings & 3];
  reference_request_read(&expected, input.bytes, input.size, max_size);

  test_allocator_init(&whole.memory);
  play(&whole, input, false, max_size);
  check_result(&whole, &expected, &input, max_size);

  test_allocator_init(&pieces.memory);
  play(&pieces, input, true, max_size);
  CHECK(pieces.result == whole.result);
  check_result(&pieces, &expected, &input, max_size);
  CHECK(same_refusal(&whole.refusal, &pieces.refusal));

  test_allocator_init(&failing.memory);
  test_allocator_fail(&failing.memory, input.fail_at,
                      (input.settings & 0x20) != 0);
  play(&failing, input, true, max_size);
  CHECK(failing.result ==
        (failing.memory.failures > 0 ? WSS_ERR_NOMEM : whole.result));
  end(&failing);
  end(&pieces);
  end(&whole);
  return 0;
}
