#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

enum {
  EVENTS = 256,
  START = 1 << 20 /* messages begin in the first so many bytes of the table */
};

static void on_data(peer *p, const unsigned char *bytes, size_t size);
static void on_message(peer *p, int opcode);

peer_plan load_plan = {.sources = 8,
                       .path = "/",
                       .goal = PEER_UPGRADING,
                       .reads = 64,
                       .on_data = on_data,
                       .on_message = on_message};
client *load_clients;
void (*load_on_ready)(client *c);
void (*load_on_echo)(client *c);
void (*load_on_lost)(client *c);

static unsigned char *table;
static int opened;
static bool watching_stdin;
static bool stdin_ended;

/* ---- The server's time ---- */

static uint64_t task_cpu(const char *task) {
  char path[128];
  unsigned long long on_processor = 0;
  FILE *file;
  snprintf(path, sizeof path, "/proc/%d/task/%.32s/schedstat", load_set.pid,
           task);
  file = fopen(path, "r");
  if (file == NULL)
    return 0; /* a thread that has just ended */
  if (fscanf(file, "%llu", &on_processor) != 1)
    load_fail("%s cannot be read", path);
  fclose(file);
  return on_processor;
}

uint64_t load_server_cpu(void) {
  char path[64];
  const struct dirent *entry;
  uint64_t sum = 0;
  DIR *tasks;
  snprintf(path, sizeof path, "/proc/%d/task", load_set.pid);
  tasks = opendir(path);
  if (tasks == NULL)
    load_fail("the server is not there");
  while ((entry = readdir(tasks)) != NULL) {
    if (entry->d_name[0] != '.')
      sum += task_cpu(entry->d_name);
  }
  closedir(tasks);
  return sum;
}

/* ---- Messages: their bytes follow from connection and number ---- */

static void make_table(void) {
  size_t size = START + load_set.size;
  size_t i;
  table = malloc(size);
  if (table == NULL)
    load_fail("no memory");
  for (i = 0; i < size; i++)
    table[i] = (unsigned char)peer_mix(i);
}

static const unsigned char *message(const client *c, uint64_t number) {
  return table + peer_mix(peer_mix((uint64_t)c->p.number) + number) % START;
}

void load_send(client *c) {
  peer_frame_send(&c->p, BINARY, message(c, c->sent++), load_set.size);
}

static void on_data(peer *p, const unsigned char *bytes, size_t size) {
  client *c = (client *)p;
  if (c->echoed == c->sent)
    load_fail("an answer to nothing");
  if (size > load_set.size - c->at)
    load_fail("an answer that is too long");
  if (memcmp(bytes, message(c, c->echoed) + c->at, size) != 0)
    load_fail("an answer that was not sent");
  c->at += size;
}

static void on_message(peer *p, int opcode) {
  client *c = (client *)p;
  if (c->echoed == c->sent || opcode != BINARY || c->at != load_set.size)
    load_fail("an answer of another kind or size");
  c->at = 0;
  load_on_echo(c);
  c->echoed++;
}

/* ---- Connections ---- */

void load_serve(client *c) {
  peer *p = &c->p;
  if (p->stage != PEER_READY && p->stage != PEER_ENDED) {
    peer_advance(p);
    if (p->stage == PEER_READY) {
      opened++;
      if (load_on_ready != NULL)
        load_on_ready(c);
    }
  }
  if (p->stage == PEER_READY)
    peer_read(p);
  if (p->stage == PEER_READY)
    peer_flush(p);
  if (p->stage == PEER_READY)
    peer_watch(p, true, p->out_size > 0);
  if (p->stage != PEER_ENDED || strcmp(p->end, "done") == 0)
    return;
  if (load_on_lost == NULL)
    load_fail("connection %d: %s", p->number, p->end);
  load_on_lost(c);
}

void load_turn(int milliseconds) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(load_plan.epoll, events, EVENTS, milliseconds);
  int i;
  for (i = 0; i < count; i++) {
    char bytes[64];
    client *c = events[i].data.ptr;
    if (c != NULL) {
      load_serve(c);
    } else if (read(STDIN_FILENO, bytes, sizeof bytes) <= 0) {
      epoll_ctl(load_plan.epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
      stdin_ended = true;
    }
  }
}

void load_open(void) {
  int started = 0;
  make_table();
  load_plan.epoll = epoll_create1(EPOLL_CLOEXEC);
  load_clients = calloc((size_t)load_set.connections, sizeof *load_clients);
  if (load_plan.epoll < 0 || load_clients == NULL)
    load_fail("no memory");
  while (opened < load_set.connections) {
    while (started < load_set.connections &&
           started - opened < load_set.together) {
      peer_start(&load_clients[started].p, &load_plan, started);
      started++;
    }
    load_turn(-1);
  }
}

/* A file cannot be watched, and has no end to wait for. */
void load_watch_stdin(void) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = NULL}};
  watching_stdin =
      epoll_ctl(load_plan.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) == 0;
}

bool load_stdin_ended(void) {
  return stdin_ended || !watching_stdin;
}
