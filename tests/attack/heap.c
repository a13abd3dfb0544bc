/*
 * Loaded into a server with LD_PRELOAD: at each SIGUSR2 it hands free memory
 * back to the system (malloc_trim) and adds a line to the file that
 * HEAP_REPORT names: how many bytes are allocated. Resident memory alone does
 * not tell a leak from a heap that has been large.
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int report = -1;

static void *watch(void *set) {
  int number;
  while (sigwait(set, &number) == 0) {
    char line[64];
    struct mallinfo2 info;
    int size;
    malloc_trim(0);
    info = mallinfo2();
    size = snprintf(line, sizeof line, "%zu\n", info.uordblks + info.hblkhd);
    if (write(report, line, (size_t)size) != size)
      return NULL;
  }
  return NULL;
}

/* Before main: threads that come later inherit the mask. */
__attribute__((constructor)) static void start(void) {
  static sigset_t set;
  const char *path = getenv("HEAP_REPORT");
  pthread_t thread;
  sigset_t every;
  if (path == NULL)
    return;
  report = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigfillset(&every);
  /* The thread takes no signal that the program waits for. */
  pthread_sigmask(SIG_BLOCK, &every, NULL);
  if (report < 0 || pthread_create(&thread, NULL, watch, &set) != 0)
    _exit(3);
  sigdelset(&every, SIGUSR2);
  pthread_sigmask(SIG_UNBLOCK, &every, NULL);
  unsetenv("LD_PRELOAD");
}
