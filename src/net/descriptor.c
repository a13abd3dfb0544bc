#include "net/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

int wss__descriptor_copy(int descriptor) {
  int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? uv_translate_sys_error(errno) : copy;
}

void wss__descriptor_close(int descriptor) {
  (void)close(descriptor);
}

bool wss__descriptor_was_reset(const uv_tcp_t *tcp) {
  uv_os_fd_t descriptor;
  int error = 0;
  socklen_t size = sizeof error;
  return uv_fileno((const uv_handle_t *)tcp, &descriptor) == 0 &&
         getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
         error == ECONNRESET;
}

/* Fails for a connection that is gone already, which is as good. */
static void set_option(const uv_tcp_t *tcp, int level, int name,
                       const void *value, socklen_t size) {
  uv_os_fd_t descriptor;
  if (uv_fileno((const uv_handle_t *)tcp, &descriptor) == 0)
    (void)setsockopt(descriptor, level, name, value, size);
}

void wss__descriptor_abort(const uv_tcp_t *tcp) {
  const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  set_option(tcp, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/* RFC 5482's timeout: Linux keeps to it when nobody has the connection open any
   more, too, and when the peer says again and again that it has no room. */
void wss__descriptor_give_up(const uv_tcp_t *tcp, unsigned seconds) {
#ifdef TCP_USER_TIMEOUT
  const unsigned milliseconds = seconds * 1000;
  set_option(tcp, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds,
             sizeof milliseconds);
#else
  (void)tcp;
  (void)seconds;
#endif
}
