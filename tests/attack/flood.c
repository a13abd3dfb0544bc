/*
 * Attackers: flood KIND --port P [options] connects peers that all do the same
 * bad thing, and says as JSON how each of them ended and when.
 *
 * It prints "ready N" once every peer has come as far as its kind wants or has
 * ended; with --hold the attack begins with a line on stdin, otherwise each
 * peer begins when it is ready. It stops by itself after --seconds, when all
 * peers have ended, or when stdin ends.
 */
#include "flood.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "spans.h"

enum { EVENTS = 256, KINDS_OF_END = 64, PUSHES = 4 };

typedef struct attacker {
  peer p; /* first, so that a peer is its attacker */
  bool going;
  uint64_t went; /* when its attack began */
  uint64_t sent;
  uint64_t due;
} attacker;

typedef struct tally {
  char end[64];
  uint64_t count;
} tally;

static struct {
  const char *type;
  int port;
  int peers;
  int rate; /* connects a second; 0: all at once */
  double seconds;
  bool hold;
  bool leave;   /* a peer goes when it is ready */
  bool again;   /* and begins anew, as any that has ended */
  bool abandon; /* goes at the server's first flight, and answers nothing */
} set = {.peers = 1, .seconds = 60};

static peer_plan plan = {.sources = 1, .path = "/"};
static const kind *type;
static stream bytes;
static attacker *all;
static int begun; /* of the places in all */
static uint64_t started;
static int not_ready; /* of those started */
static int alive;
static bool said_ready;
static bool go;
static bool stop;
static tally ends[KINDS_OF_END];
static spans from_connect;
static spans from_attack;
static uint64_t bytes_sent;
static uint64_t messages;
static uint64_t pings;
static uint64_t last_end;

/* ---- Counting ---- */

static void note_end(const char *end) {
  size_t i;
  for (i = 0; i < KINDS_OF_END - 1; i++) {
    if (ends[i].count == 0)
      snprintf(ends[i].end, sizeof ends[i].end, "%s", end);
    if (strcmp(ends[i].end, end) == 0)
      break;
  }
  ends[i].count++;
}

static void print_result(uint64_t began) {
  size_t i;
  printf("{\"kind\": \"%s\", \"started\": %llu, \"open\": %d, \"ends\": {",
         type->name, (unsigned long long)started, alive);
  for (i = 0; i < KINDS_OF_END && ends[i].count > 0; i++)
    printf("%s\"%s\": %llu", i == 0 ? "" : ", ", ends[i].end,
           (unsigned long long)ends[i].count);
  printf("}, \"bytes\": %llu, \"messages\": %llu, \"pings\": %llu, "
         "\"seconds\": %.3f, \"last_end\": %.3f",
         (unsigned long long)bytes_sent, (unsigned long long)messages,
         (unsigned long long)pings, (double)(peer_now() - began) / 1e6,
         last_end == 0 ? 0 : (double)(last_end - began) / 1e6);
  spans_print(&from_connect, "from_connect");
  spans_print(&from_attack, "from_attack");
  printf("}\n");
}

static void count_work(const attacker *a) {
  bytes_sent += a->sent;
  messages += a->p.messages;
  pings += a->p.pings;
}

/* ---- One attacker ---- */

static void count_end(const attacker *a, bool was_ready) {
  const peer *p = &a->p;
  note_end(p->end);
  spans_add(&from_connect, p->ended - p->began);
  if (a->going)
    spans_add(&from_attack, p->ended - a->went);
  count_work(a);
  last_end = p->ended;
  if (!was_ready)
    not_ready--;
  alive--;
}

static void begin(attacker *a, int number) {
  memset(a, 0, sizeof *a);
  alive++;
  not_ready++;
  started++;
  peer_start(&a->p, &plan, number);
  if (a->p.stage == PEER_ENDED)
    count_end(a, false);
}

static void on_end(attacker *a, bool was_ready) {
  count_end(a, was_ready);
  if (set.again && !stop)
    begin(a, a->p.number + set.peers);
}

static bool wants_to_write(const attacker *a) {
  return a->p.out_size > 0 ||
         (a->going && type->pause == 0 && a->sent < bytes.total &&
          (type->insists || a->p.close_code == 0));
}

/* Sends what is due; how much says the kind. */
static void attack_now(attacker *a, uint64_t now) {
  size_t most = SIZE_MAX;
  int pushes;
  if (a->p.close_code != 0 && !type->insists)
    return;
  if (type->pause != 0) {
    if (now < a->due)
      return;
    a->due += type->pause;
    most = type->step;
  }
  for (pushes = 0; pushes < PUSHES && most > 0 && a->sent < bytes.total;
       pushes++) {
    size_t size;
    const unsigned char *next =
        stream_at(&bytes, a->p.number, a->sent, most, &size);
    size_t taken = peer_push(&a->p, next, size);
    a->sent += taken;
    most -= taken;
    if (taken < size)
      break;
  }
}

static void set_going(attacker *a) {
  a->going = true;
  a->went = a->due = peer_now();
}

static void on_ready(attacker *a) {
  not_ready--;
  if (set.leave)
    peer_finish(&a->p, "done");
  else if (!set.hold || go)
    set_going(a);
}

/* What a server said last, for those that have not read before. */
static void read_rest(peer *p) {
  uint64_t before;
  do {
    before = p->messages;
    peer_read(p);
  } while (p->stage == PEER_READY && p->messages != before);
}

static void on_event(attacker *a, uint32_t events) {
  peer *p = &a->p;
  bool was_ready = p->stage == PEER_READY;
  if (p->stage == PEER_ENDED)
    return;
  if (set.abandon && p->stage == PEER_SECURING && (events & EPOLLIN) != 0)
    peer_finish(p, "abandoned");
  if (!was_ready) {
    peer_advance(p);
    if (p->stage == PEER_READY) {
      on_ready(a);
      was_ready = true;
    }
  }
  if (p->stage == PEER_READY && type->reads)
    peer_read(p);
  else if (was_ready && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
    read_rest(p);
  peer_flush(p);
  if (a->going && p->stage == PEER_READY && bytes.total > 0)
    attack_now(a, peer_now());
  if (p->stage == PEER_READY)
    peer_watch(p, type->reads, wants_to_write(a));
  if (p->stage == PEER_ENDED)
    on_end(a, was_ready);
}

/* ---- All of them ---- */

static void start_some(uint64_t began) {
  uint64_t allowed = (uint64_t)set.peers;
  if (set.rate != 0)
    allowed = (peer_now() - began) * (uint64_t)set.rate / 1000000 + 1;
  for (; begun < set.peers && (uint64_t)begun < allowed; begun++)
    begin(&all[begun], begun);
  if (!said_ready && begun >= set.peers && not_ready == 0) {
    printf("ready %d\n", alive);
    fflush(stdout);
    said_ready = true;
  }
}

static void on_stdin(void) {
  char line[64];
  int i;
  if (read(STDIN_FILENO, line, sizeof line) <= 0) {
    stop = true;
    return;
  }
  go = true;
  for (i = 0; i < begun; i++) {
    if (all[i].p.stage == PEER_READY && !all[i].going) {
      set_going(&all[i]);
      on_event(&all[i], 0);
    }
  }
}

static void tick(void) {
  int i;
  for (i = 0; i < begun; i++) {
    attacker *a = &all[i];
    if (a->going && a->p.stage == PEER_READY)
      on_event(a, 0);
  }
}

static void run(void) {
  struct epoll_event events[EVENTS];
  struct epoll_event input = {.events = EPOLLIN};
  uint64_t began = peer_now();
  uint64_t end = began + (uint64_t)(set.seconds * 1e6);
  uint64_t next_tick = began;
  int i;
  epoll_ctl(plan.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  while (!stop && peer_now() < end && (alive > 0 || begun < set.peers)) {
    int count;
    start_some(began);
    count = epoll_wait(plan.epoll, events, EVENTS, 5);
    for (i = 0; i < count; i++) {
      if (events[i].data.ptr == NULL)
        on_stdin();
      else
        on_event(events[i].data.ptr, events[i].events);
    }
    if (type->pause != 0 && peer_now() >= next_tick) {
      tick();
      next_tick = peer_now() + 20000;
    }
  }
  for (i = 0; i < begun; i++) {
    if (all[i].p.stage != PEER_ENDED)
      count_work(&all[i]);
  }
  print_result(began);
}

/* ---- The command line ---- */

static const char *value(char **argv, int *at) {
  const char *text = argv[++*at];
  if (text == NULL) {
    fprintf(stderr, "flood: %s needs a value\n", argv[*at - 1]);
    exit(2);
  }
  return text;
}

static int number(char **argv, int *at) {
  return (int)strtol(value(argv, at), NULL, 10);
}

/* The version of TLS, 0 for any. */
static int parse(int argc, char **argv) {
  int version = 0;
  int at;
  for (at = 1; at < argc; at++) {
    const char *name = argv[at];
    if (name[0] != '-') {
      set.type = name;
    } else if (strcmp(name, "--port") == 0) {
      set.port = number(argv, &at);
    } else if (strcmp(name, "--peers") == 0) {
      set.peers = number(argv, &at);
    } else if (strcmp(name, "--rate") == 0) {
      set.rate = number(argv, &at);
    } else if (strcmp(name, "--seconds") == 0) {
      set.seconds = strtod(value(argv, &at), NULL);
    } else if (strcmp(name, "--sources") == 0) {
      plan.sources = number(argv, &at);
    } else if (strcmp(name, "--receive-buffer") == 0) {
      plan.receive_buffer = number(argv, &at);
    } else if (strcmp(name, "--path") == 0) {
      plan.path = value(argv, &at);
    } else if (strcmp(name, "--hold") == 0) {
      set.hold = true;
    } else if (strcmp(name, "--leave") == 0) {
      set.leave = true;
    } else if (strcmp(name, "--again") == 0) {
      set.leave = set.again = true;
    } else if (strcmp(name, "--abandon") == 0) {
      set.abandon = true;
    } else if (strcmp(name, "--tls12") == 0) {
      version = TLS1_2_VERSION;
    } else {
      fprintf(stderr, "flood: what is %s?\n", name);
      exit(2);
    }
  }
  return version;
}

int main(int argc, char **argv) {
  int version = parse(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  plan.tls = peer_tls(NULL, version);
  plan.to.sin_family = AF_INET;
  plan.to.sin_port = htons((uint16_t)set.port);
  plan.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  plan.epoll = epoll_create1(EPOLL_CLOEXEC);
  type = set.type == NULL ? NULL : kind_find(set.type);
  all = calloc((size_t)set.peers, sizeof *all);
  if (type == NULL || all == NULL || plan.epoll < 0) {
    fprintf(stderr, "flood: there is no kind \"%s\"\n",
            set.type == NULL ? "" : set.type);
    return 2;
  }
  if (type->make != NULL)
    type->make(&bytes, plan.tls);
  plan.goal = type->goal;
  run();
  return 0;
}
