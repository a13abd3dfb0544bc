/*
 * The clients of the benchmarks: load MODE --port P --pid SERVER [options].
 *
 *   echo        every message is sent back; what one costs the server
 *   handshakes  connect, TLS, WebSocket, gone; what that costs the server
 *   idle        connections that do nothing, until stdin ends
 *   latency     echoes at a fixed rate, until stdin ends; how long each takes
 *
 * Everything is real: TLS, the request and its answer, masked frames, and each
 * byte that comes back is compared. What is printed is lines of JSON, the last
 * of which holds the figures, or {"error": ...}.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_AHEAD = 64 * 1024 };

load_settings load_set = {.tls = "1.3",
                          .group = "X25519",
                          .connections = 1,
                          .depth = 1,
                          .together = 16,
                          .rate = 100,
                          .size = 64,
                          .messages = 1000};

_Noreturn void load_fail(const char *format, ...) {
  va_list arguments;
  printf("{\"error\": \"");
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\"}\n");
  exit(1);
}

static uint64_t number(const char *name, const char *text, uint64_t most) {
  char *end;
  unsigned long long value;
  errno = 0;
  value = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value > most)
    load_fail("%s: not a number that will do", name);
  return value;
}

static void set_option(const char *name, const char *value) {
  const struct {
    const char *name;
    int *value;
  } numbers[] = {{"--port", &load_set.port},
                 {"--pid", &load_set.pid},
                 {"--connections", &load_set.connections},
                 {"--depth", &load_set.depth},
                 {"--together", &load_set.together},
                 {"--rate", &load_set.rate}};
  size_t i;
  for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (strcmp(name, numbers[i].name) == 0) {
      *numbers[i].value = (int)number(name, value, 1 << 30);
      return;
    }
  }
  if (strcmp(name, "--size") == 0)
    load_set.size = number(name, value, 16 << 20);
  else if (strcmp(name, "--messages") == 0)
    load_set.messages = number(name, value, UINT32_MAX);
  else if (strcmp(name, "--warmup") == 0)
    load_set.warmup = number(name, value, UINT32_MAX);
  else if (strcmp(name, "--tls") == 0)
    load_set.tls = value;
  else if (strcmp(name, "--group") == 0)
    load_set.group = value;
  else
    load_fail("there is no option %s", name);
}

static void parse(char **argv) {
  if (*++argv == NULL)
    load_fail("a mode is wanted");
  load_set.mode = *argv;
  while (*++argv != NULL) {
    if (strcmp(*argv, "--resume") == 0) {
      load_set.resume = true;
    } else if (argv[1] != NULL) {
      set_option(argv[0], argv[1]);
      argv++;
    } else {
      load_fail("%s needs a value", *argv);
    }
  }
  if (load_set.port == 0 || load_set.pid == 0 || load_set.connections == 0 ||
      load_set.depth == 0 || load_set.together == 0 || load_set.rate == 0)
    load_fail("--port and --pid are wanted, and no zeros");
}

/* The cipher is one that browsers like best, so that all servers use it. */
static SSL_CTX *make_tls(void) {
  int version =
      strcmp(load_set.tls, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  SSL_CTX *tls = peer_tls(NULL, version);
  char groups[64];
  /* TLS 1.2 wants the certificate's curve in the list, too. */
  snprintf(groups, sizeof groups, "%s%s", load_set.group,
           version == TLS1_2_VERSION && strcmp(load_set.group, "P-256") != 0
               ? ":P-256"
               : "");
  if (SSL_CTX_set_ciphersuites(tls, "TLS_AES_128_GCM_SHA256") != 1 ||
      SSL_CTX_set_cipher_list(tls, "ECDHE-ECDSA-AES128-GCM-SHA256") != 1 ||
      SSL_CTX_set1_groups_list(tls, groups) != 1)
    load_fail("no such group: %s", load_set.group);
  /* One read for all records that are there, as its servers do: a client that
     is dearer than its server measures how often that sleeps. */
  SSL_CTX_set_read_ahead(tls, 1);
  SSL_CTX_set_default_read_buffer_len(tls, READ_AHEAD);
  return tls;
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(void);
  } modes[] = {{"echo", load_echo},
               {"handshakes", load_handshakes},
               {"idle", load_idle},
               {"latency", load_latency}};
  size_t i;
  (void)argc;
  parse(argv);
  signal(SIGPIPE, SIG_IGN);
  load_plan.tls = make_tls();
  load_plan.to.sin_family = AF_INET;
  load_plan.to.sin_port = htons((uint16_t)load_set.port);
  load_plan.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (i = 0; i < sizeof modes / sizeof *modes; i++) {
    if (strcmp(load_set.mode, modes[i].name) == 0) {
      modes[i].run();
      return 0;
    }
  }
  load_fail("there is no mode %s", load_set.mode);
}
