/* Files of the set-up: what is read, what is refused, and in which words. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "tls/file.h"

#define UNREADABLE (-1)
#define UNPARSABLE (-2)

/* What read and fstat do in place of what they should: an errno once, or an end
   of the file (0); -1 for nothing. */
static int read_fault = -1;
static int fstat_fault = -1;

ssize_t read(int descriptor, void *data, size_t size) {
  int fault = read_fault;
  read_fault = -1;
  if (fault < 0)
    return syscall(SYS_read, descriptor, data, size);
  errno = fault;
  return fault == 0 ? 0 : -1;
}

int fstat(int descriptor, struct stat *status) {
  int fault = fstat_fault;
  fstat_fault = -1;
  if (fault < 0)
    return fstatat(descriptor, "", status, AT_EMPTY_PATH);
  errno = fault;
  return -1;
}

static char folder[] = "/tmp/wss-file-XXXXXX";
static char path[64];
static wss__detail detail;

static int set_up(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL)
    return -1;
  snprintf(path, sizeof path, "%s/file", folder);
  /* Another user must get as far as the file itself. */
  return chmod(folder, 0755);
}

static int tear_down(void **state) {
  (void)state;
  return rmdir(folder);
}

static void write_file(const void *data, size_t size) {
  FILE *stream = fopen(path, "wb");
  assert_non_null(stream);
  assert_int_equal(fwrite(data, 1, size, stream), size);
  fclose(stream);
}

static wss__tls_file read_path(const char *from, int expected) {
  wss__tls_file file = {.option = "local_pk", .path = from};
  detail.text[0] = '\0';
  assert_int_equal(wss__tls_file_read(&file, &wss__default_allocator,
                                      UNREADABLE, UNPARSABLE, &detail),
                   expected);
  if (expected != 0)
    assert_null(file.text);
  return file;
}

static void expect_refused(int error, const char *cause) {
  char text[WSS__DETAIL_SIZE];
  (void)read_path(path, error);
  snprintf(text, sizeof text, "local_pk %s: %s", path, cause);
  assert_string_equal(detail.text, text);
}

static void text_is_read_whole(void **state) {
  (void)state;
  write_file("some text\n", 10);
  wss__tls_file file = read_path(path, 0);
  assert_int_equal(file.size, 10);
  assert_string_equal(file.text, "some text\n");
  wss__tls_file_free(&file, &wss__default_allocator);
  assert_null(file.text);
  wss__tls_file_free(&file, &wss__default_allocator);
  unlink(path);
}

static void the_limit_is_one_mebibyte(void **state) {
  char *data = malloc(WSS__TLS_FILE_MAX + 1);
  (void)state;
  assert_non_null(data);
  memset(data, 'x', WSS__TLS_FILE_MAX + 1);
  write_file(data, WSS__TLS_FILE_MAX);
  wss__tls_file file = read_path(path, 0);
  assert_int_equal(file.size, WSS__TLS_FILE_MAX);
  wss__tls_file_free(&file, &wss__default_allocator);
  write_file(data, WSS__TLS_FILE_MAX + 1);
  expect_refused(UNREADABLE, "is larger than 1 MiB");
  unlink(path);
  free(data);
}

static void what_is_no_file_is_refused(void **state) {
  (void)state;
  expect_refused(UNREADABLE, "No such file or directory");
  mkdir(path, 0700);
  expect_refused(UNREADABLE, "is a directory, not a file");
  rmdir(path);
  write_file("", 0);
  expect_refused(UNREADABLE, "is empty");
  unlink(path);
}

static void a_fifo_does_not_block(void **state) {
  (void)state;
  assert_int_equal(mkfifo(path, 0600), 0);
  alarm(10);
  expect_refused(UNREADABLE, "is not a regular file");
  alarm(0);
  unlink(path);
}

static void a_nul_is_not_pem(void **state) {
  (void)state;
  write_file("a\0b", 3);
  (void)read_path(path, UNPARSABLE);
  assert_non_null(strstr(detail.text, "is not PEM text"));
  unlink(path);
}

static void no_permission_names_the_user(void **state) {
  bool root = geteuid() == 0;
  char cause[128];
  (void)state;
  write_file("secret", 6);
  assert_int_equal(chmod(path, root ? 0600 : 0), 0);
  if (root)
    assert_int_equal(seteuid(65534), 0);
  snprintf(cause, sizeof cause, "Permission denied (this process has uid %lu)",
           (unsigned long)geteuid());
  expect_refused(UNREADABLE, cause);
  if (root)
    assert_int_equal(seteuid(0), 0);
  unlink(path);
}

static void a_long_path_leaves_room_for_the_cause(void **state) {
  char long_path[2000];
  (void)state;
  memset(long_path, 'x', sizeof long_path - 1);
  long_path[0] = '/';
  memcpy(long_path + sizeof long_path - 9, "/key.pem", 9);
  (void)read_path(long_path, UNREADABLE);
  assert_memory_equal(detail.text, "local_pk ...xxx", 15);
  assert_non_null(strstr(detail.text, "x/key.pem: File name too long"));
}

static void control_bytes_do_not_reach_the_sentence(void **state) {
  (void)state;
  (void)read_path("/none\n\x1b[2J", UNREADABLE);
  assert_string_equal(detail.text,
                      "local_pk /none??[2J: No such file or directory");
}

static void a_read_that_is_interrupted_goes_on(void **state) {
  (void)state;
  write_file("some text\n", 10);
  read_fault = EINTR;
  wss__tls_file file = read_path(path, 0);
  assert_int_equal(read_fault, -1);
  assert_string_equal(file.text, "some text\n");
  wss__tls_file_free(&file, &wss__default_allocator);
  unlink(path);
}

static void a_read_that_fails_is_told(void **state) {
  (void)state;
  write_file("some text\n", 10);
  read_fault = EIO;
  expect_refused(UNREADABLE, "Input/output error");
  fstat_fault = EIO;
  expect_refused(UNREADABLE, "Input/output error");
  unlink(path);
}

/* The file became shorter after its size was asked for. */
static void what_is_there_is_taken(void **state) {
  (void)state;
  write_file("some text\n", 10);
  read_fault = 0;
  wss__tls_file file = read_path(path, 0);
  assert_int_equal(file.size, 0);
  assert_string_equal(file.text, "");
  wss__tls_file_free(&file, &wss__default_allocator);
  unlink(path);
}

static void *plain_malloc(size_t size, void *user) {
  (void)user;
  return malloc(size);
}

static void *plain_realloc(void *memory, size_t size, void *user) {
  (void)user;
  return realloc(memory, size);
}

/* Keeps what the memory held when it was given back. */
static void keeping_free(void *memory, void *user) {
  memcpy(user, memory, 10);
  free(memory);
}

static void a_key_is_wiped(void **state) {
  char left[11] = "not called";
  const wss_allocator allocator = {plain_malloc, plain_realloc, keeping_free,
                                   left};
  wss__tls_file file = {.option = "local_pk", .path = path};
  (void)state;
  write_file("secret key", 10);
  assert_int_equal(
      wss__tls_file_read(&file, &allocator, UNREADABLE, UNPARSABLE, &detail),
      0);
  wss__tls_file_free(&file, &allocator);
  assert_memory_equal(left, "\0\0\0\0\0\0\0\0\0", 10);
  unlink(path);
}

static void no_memory_for_the_text(void **state) {
  wss__tls_file file = {.option = "local_pk", .path = path};
  test_allocator memory;
  (void)state;
  test_allocator_init(&memory);
  test_allocator_fail(&memory, 1, false);
  write_file("some text\n", 10);
  assert_int_equal(wss__tls_file_read(&file, &memory.functions, UNREADABLE,
                                      UNPARSABLE, &detail),
                   WSS_ERR_NOMEM);
  assert_null(file.text);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_read_whole),
      cmocka_unit_test(the_limit_is_one_mebibyte),
      cmocka_unit_test(what_is_no_file_is_refused),
      cmocka_unit_test(a_fifo_does_not_block),
      cmocka_unit_test(a_nul_is_not_pem),
      cmocka_unit_test(no_permission_names_the_user),
      cmocka_unit_test(a_long_path_leaves_room_for_the_cause),
      cmocka_unit_test(control_bytes_do_not_reach_the_sentence),
      cmocka_unit_test(a_read_that_is_interrupted_goes_on),
      cmocka_unit_test(a_read_that_fails_is_told),
      cmocka_unit_test(what_is_there_is_taken),
      cmocka_unit_test(a_key_is_wiped),
      cmocka_unit_test(no_memory_for_the_text),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
