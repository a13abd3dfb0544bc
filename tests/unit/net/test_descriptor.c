/* What is done with a socket's descriptor, on real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/descriptor.h"

static uv_loop_t uv;
static uv_tcp_t listener;
static uv_tcp_t accepted;
static int peer;

static void on_connection(uv_stream_t *tcp, int status) {
  assert_int_equal(status, 0);
  assert_int_equal(uv_tcp_init(&uv, &accepted), 0);
  assert_int_equal(uv_accept(tcp, (uv_stream_t *)&accepted), 0);
  uv_stop(&uv);
}

static int open_both(void **state) {
  struct sockaddr_storage address;
  int size = sizeof address;
  (void)state;
  memset(&accepted, 0, sizeof accepted);
  assert_int_equal(uv_loop_init(&uv), 0);
  assert_int_equal(uv_tcp_init(&uv, &listener), 0);
  assert_int_equal(uv_ip4_addr("127.0.0.1", 0, (struct sockaddr_in *)&address),
                   0);
  assert_int_equal(uv_tcp_bind(&listener, (struct sockaddr *)&address, 0), 0);
  assert_int_equal(uv_listen((uv_stream_t *)&listener, 16, on_connection), 0);
  assert_int_equal(
      uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size), 0);
  peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(peer >= 0);
  assert_int_equal(connect(peer, (struct sockaddr *)&address, (socklen_t)size),
                   0);
  assert_int_not_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
  return 0;
}

static int close_both(void **state) {
  (void)state;
  if (!uv_is_closing((uv_handle_t *)&accepted))
    uv_close((uv_handle_t *)&accepted, NULL);
  uv_close((uv_handle_t *)&listener, NULL);
  (void)uv_run(&uv, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&uv), 0);
  assert_int_equal(close(peer), 0);
  return 0;
}

static void a_copy_is_the_same_socket(void **state) {
  uv_os_fd_t descriptor;
  char byte = 0;
  int copy;
  (void)state;
  assert_int_equal(uv_fileno((uv_handle_t *)&accepted, &descriptor), 0);
  copy = wss__descriptor_copy(descriptor);
  assert_true(copy >= 0 && copy != descriptor);
  assert_int_equal(fcntl(copy, F_GETFD), FD_CLOEXEC);
  uv_close((uv_handle_t *)&accepted, NULL);
  (void)uv_run(&uv, UV_RUN_NOWAIT);
  assert_int_equal(write(copy, "a", 1), 1);
  assert_int_equal(read(peer, &byte, 1), 1);
  wss__descriptor_close(copy);
  assert_int_equal(read(peer, &byte, 1), 0);
  assert_int_equal(wss__descriptor_copy(copy), UV_EBADF);
}

static void a_reset_is_known(void **state) {
  const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  uv_os_fd_t descriptor;
  (void)state;
  assert_int_equal(uv_fileno((uv_handle_t *)&accepted, &descriptor), 0);
  assert_int_equal(write(peer, "abc", 3), 3);
  assert_false(wss__descriptor_was_reset(&accepted));
  assert_int_equal(
      setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  assert_int_equal(close(peer), 0);
  assert_int_equal(poll(&(struct pollfd){.fd = descriptor}, 1, 20000), 1);
  assert_true(wss__descriptor_was_reset(&accepted));
  peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* to be closed */
}

static void aborting_resets(void **state) {
  char byte;
  (void)state;
  assert_int_equal(uv_try_write((uv_stream_t *)&accepted,
                                &(uv_buf_t){.base = "abc", .len = 3}, 1),
                   3);
  wss__descriptor_abort(&accepted);
  uv_close((uv_handle_t *)&accepted, NULL);
  (void)uv_run(&uv, UV_RUN_NOWAIT);
  while (read(peer, &byte, 1) == 1)
    continue;
  assert_int_equal(errno, ECONNRESET);
}

static void giving_up_is_the_kernels(void **state) {
  uv_os_fd_t descriptor;
  unsigned timeout = 0;
  socklen_t size = sizeof timeout;
  (void)state;
  wss__descriptor_give_up(&accepted, 7);
  assert_int_equal(uv_fileno((uv_handle_t *)&accepted, &descriptor), 0);
  assert_int_equal(
      getsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &size),
      0);
  assert_int_equal(timeout, 7000);
}

/* Nothing to do, and no harm done. */
static void without_a_descriptor(void **state) {
  (void)state;
  uv_close((uv_handle_t *)&accepted, NULL);
  assert_false(wss__descriptor_was_reset(&accepted));
  wss__descriptor_abort(&accepted);
  wss__descriptor_give_up(&accepted, 1);
}

#define with_both(name)                                                        \
  cmocka_unit_test_setup_teardown(name, open_both, close_both)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_both(a_copy_is_the_same_socket), with_both(a_reset_is_known),
      with_both(aborting_resets),           with_both(giving_up_is_the_kernels),
      with_both(without_a_descriptor),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
