/*
 * Good clients: good --port P --ca FILE [options]. Clients that stay send
 * messages at a fixed rate and check that each comes back, whole and in order;
 * beside them others arrive, have a few messages echoed, close and leave.
 *
 * It prints "ready" when all that stay are there. A line on stdin ends a
 * phase: its figures are printed as one line of JSON. At the end of stdin
 * everybody finishes: what is outstanding is waited for, connections are closed
 * as RFC 6455 7.1 wants it, and a last line is printed.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "spans.h"

enum {
  EVENTS = 256,
  TABLE = 2 << 20, /* of text that messages are cut from */
  RING = 1024,     /* messages that one client may wait for */
  SMALL = 64,
  VISITORS = 1024, /* at the same time */
  ECHOES = 3,      /* for a visitor */
  PATIENCE = 60,   /* seconds for a visit, or for the end */
  REASONS = 5
};
static const size_t largest = 1 << 20;

typedef struct client {
  peer p; /* first, so that a peer is its client */
  bool visitor;
  bool leaving; /* it has sent its Close frame, or has none to send */
  uint64_t sent;
  uint64_t echoed;
  size_t at; /* bytes of the message that is coming back */
  uint64_t due;
  uint64_t times[RING]; /* when messages were due to be sent */
} client;

static struct {
  int clients;
  double rate;     /* messages a second of each */
  double arrivals; /* a second */
  int ramp;        /* connects a second in the beginning */
  bool mixed;      /* sizes from 0 to 1 MiB */
} set = {.clients = 100, .rate = 10, .arrivals = 2, .ramp = 200};

/* What a phase counts. */
static struct {
  uint64_t sent, echoed, skipped;
  uint64_t lost;    /* clients that stay, and could not */
  uint64_t wrong;   /* answers that were not what was sent */
  uint64_t arrived; /* visitors: came, and left as they should */
  uint64_t refused; /* did not get what they came for */
  uint64_t unclean; /* no Close frame of the server at the end */
} count;

static peer_plan plan = {.sources = 1, .path = "/", .goal = PEER_UPGRADING};
static client *staying;
static client *visiting;
static int connected;
static bool said_ready;
static bool closing;
static bool phase_ended;
static uint64_t began;
static uint64_t visits;
static spans latency;
static spans openings;
static char reasons[REASONS][128];
static int reasons_size;
static unsigned char *table;

/* ---- Figures ---- */

static void note_reason(const client *c, const char *what) {
  if (reasons_size < REASONS)
    snprintf(reasons[reasons_size++], sizeof *reasons, "%s %d after %.1f s: %s",
             c->visitor ? "visitor" : "client", c->p.number,
             (double)(peer_now() - began) / 1e6, what);
}

/* How long the oldest message that has not come back is on its way. */
static double oldest(void) {
  uint64_t now = peer_now();
  uint64_t most = 0;
  int i;
  for (i = 0; i < set.clients; i++) {
    const client *c = &staying[i];
    if (c->p.stage == PEER_READY && c->echoed < c->sent &&
        now - c->times[c->echoed % RING] > most)
      most = now - c->times[c->echoed % RING];
  }
  return (double)most / 1e6;
}

static void print_phase(void) {
  int i;
  printf("{\"sent\": %llu, \"echoed\": %llu, \"skipped\": %llu, "
         "\"lost\": %llu, \"wrong\": %llu, \"arrived\": %llu, "
         "\"refused\": %llu, \"unclean\": %llu, \"oldest_s\": %.3f",
         (unsigned long long)count.sent, (unsigned long long)count.echoed,
         (unsigned long long)count.skipped, (unsigned long long)count.lost,
         (unsigned long long)count.wrong, (unsigned long long)count.arrived,
         (unsigned long long)count.refused, (unsigned long long)count.unclean,
         oldest());
  spans_print(&latency, "echo");
  spans_print(&openings, "opening");
  printf(", \"reasons\": [");
  for (i = 0; i < reasons_size; i++)
    printf("%s\"%s\"", i == 0 ? "" : ", ", reasons[i]);
  printf("]}\n");
  fflush(stdout);
  memset(&count, 0, sizeof count);
  reasons_size = 0;
}

/* ---- Messages: their bytes follow from client and number ---- */

static void make_table(void) {
  size_t i;
  table = malloc(TABLE);
  if (table == NULL)
    exit(2);
  for (i = 0; i < TABLE; i++)
    table[i] = (unsigned char)(' ' + peer_mix(i) % 95);
}

static const unsigned char *message(const client *c, uint64_t number,
                                    size_t *size, int *opcode) {
  uint64_t key = peer_mix(peer_mix((uint64_t)c->p.number) + number);
  *opcode = key & 1 ? TEXT : BINARY;
  *size = SMALL;
  if (set.mixed) { /* as many between 64 and 128 as between 0.5 and 1 MiB */
    *size = (size_t)1 << (key >> 1) % 21;
    *size = (size_t)(peer_mix(key) % (*size + 1));
    if (number % 64 == 63)
      *size = largest;
  }
  return table + (key >> 8) % (TABLE - largest);
}

static void send_message(client *c, uint64_t due) {
  size_t size;
  int opcode;
  const unsigned char *bytes = message(c, c->sent, &size, &opcode);
  c->times[c->sent++ % RING] = due;
  count.sent++;
  peer_frame_send(&c->p, opcode, bytes, size);
}

static void wrong(client *c, const char *what) {
  count.wrong++;
  note_reason(c, what);
  peer_finish(&c->p, what);
}

static void on_data(peer *p, const unsigned char *bytes, size_t size) {
  client *c = (client *)p;
  size_t whole;
  int opcode;
  const unsigned char *expected = message(c, c->echoed, &whole, &opcode);
  if (c->echoed == c->sent)
    wrong(c, "an answer to nothing");
  else if (size > whole - c->at || memcmp(bytes, expected + c->at, size) != 0)
    wrong(c, "an answer that was not sent");
  else
    c->at += size;
}

static void leave(client *c) {
  static const unsigned char normal[2] = {1000 >> 8, 1000 & 255};
  if (!c->leaving)
    peer_frame_send(&c->p, CLOSE, normal, sizeof normal);
  c->leaving = true;
}

static void on_message(peer *p, int opcode) {
  client *c = (client *)p;
  size_t whole;
  int expected;
  message(c, c->echoed, &whole, &expected);
  if (c->echoed == c->sent || opcode != expected || c->at != whole) {
    wrong(c, "an answer of another kind or size");
    return;
  }
  spans_add(&latency, peer_now() - c->times[c->echoed % RING]);
  c->echoed++;
  c->at = 0;
  count.echoed++;
  if (c->visitor && c->echoed == ECHOES)
    leave(c);
  else if (c->visitor)
    send_message(c, peer_now());
  else if (closing && c->echoed == c->sent)
    leave(c);
}

/* ---- A client's life ---- */

static void on_ended(client *c) {
  const peer *p = &c->p;
  bool clean = c->leaving && c->echoed == c->sent && p->close_code == 1000;
  if (!c->visitor) {
    connected--;
    if (!closing)
      count.lost++;
    else if (!clean)
      count.unclean++;
  } else if (clean) {
    count.arrived++;
  } else {
    count.refused++;
  }
  if (!clean || (!closing && !c->visitor))
    note_reason(c, p->end);
}

static void on_event(client *c) {
  peer *p = &c->p;
  if (p->stage == PEER_ENDED || p->stage == PEER_FREE)
    return;
  if (p->stage != PEER_READY) {
    peer_advance(p);
    if (p->stage == PEER_READY) {
      spans_add(&openings, p->ready - p->began);
      if (c->visitor)
        send_message(c, peer_now());
      else
        c->due = peer_now() +
                 peer_mix((uint64_t)p->number) % (uint64_t)(1e6 / set.rate);
    }
  }
  if (p->stage == PEER_READY)
    peer_read(p);
  if (p->stage == PEER_READY)
    peer_flush(p);
  if (p->stage == PEER_READY)
    peer_watch(p, true, p->out_size > 0);
  if (p->stage == PEER_ENDED)
    on_ended(c);
}

static void start(client *c, int number, bool visitor) {
  memset(c, 0, sizeof *c);
  c->visitor = visitor;
  peer_start(&c->p, &plan, number);
  if (!visitor)
    connected++;
  if (c->p.stage == PEER_ENDED)
    on_ended(c);
}

static void give_up(client *c, const char *why) {
  peer_finish(&c->p, why);
  on_ended(c);
}

/* ---- All of them ---- */

static void send_due(client *c, uint64_t now) {
  uint64_t pause = (uint64_t)(1e6 / set.rate);
  size_t most = set.mixed ? 1 : RING;
  if (c->p.stage != PEER_READY || closing || now < c->due)
    return;
  while (c->due <= now) {
    if (c->sent - c->echoed < most)
      send_message(c, c->due);
    else
      count.skipped++;
    c->due += pause;
  }
  on_event(c);
}

static void let_visitors_in(uint64_t now) {
  static int place;
  uint64_t due = (uint64_t)((double)(now - began) / 1e6 * set.arrivals);
  if (closing || !said_ready)
    visits = due;
  for (; visits < due; visits++) {
    client *c = &visiting[place];
    place = (place + 1) % VISITORS;
    if (c->p.stage != PEER_FREE && c->p.stage != PEER_ENDED)
      give_up(c, "no place for more visitors");
    start(c, set.clients + (int)visits, true);
  }
}

static void tick(uint64_t now) {
  static int started;
  int i;
  for (; started < set.clients &&
         now - began >= (uint64_t)started * 1000000 / (uint64_t)set.ramp;
       started++)
    start(&staying[started], started, false);
  if (!said_ready) {
    for (i = 0; i < started && staying[i].p.stage >= PEER_READY; i++)
      continue;
    if (i == set.clients) {
      said_ready = true;
      printf("ready\n");
      fflush(stdout);
    }
  }
  for (i = 0; i < started; i++)
    send_due(&staying[i], now);
  let_visitors_in(now);
  for (i = 0; i < VISITORS; i++) {
    client *c = &visiting[i];
    if (c->p.stage != PEER_FREE && c->p.stage != PEER_ENDED &&
        c->p.began + PATIENCE * UINT64_C(1000000) < now)
      give_up(c, "no end of the visit");
  }
}

static void on_stdin(void) {
  char line[64];
  int i;
  if (read(STDIN_FILENO, line, sizeof line) > 0) {
    phase_ended = true;
    return;
  }
  epoll_ctl(plan.epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
  closing = true;
  for (i = 0; i < set.clients; i++) {
    client *c = &staying[i];
    if (c->p.stage == PEER_READY && c->echoed == c->sent) {
      leave(c);
      on_event(c);
    }
  }
}

static bool anybody_left(void) {
  int i;
  for (i = 0; i < VISITORS; i++) {
    if (visiting[i].p.stage != PEER_FREE && visiting[i].p.stage != PEER_ENDED)
      return true;
  }
  return connected > 0;
}

static void run(void) {
  struct epoll_event events[EVENTS];
  struct epoll_event input = {.events = EPOLLIN};
  uint64_t end = UINT64_MAX;
  epoll_ctl(plan.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  began = peer_now();
  while (peer_now() < end && (!closing || anybody_left())) {
    int ready = epoll_wait(plan.epoll, events, EVENTS, 2);
    int i;
    for (i = 0; i < ready; i++) {
      if (events[i].data.ptr == NULL)
        on_stdin();
      else
        on_event(events[i].data.ptr);
    }
    tick(peer_now());
    if (phase_ended)
      print_phase();
    phase_ended = false;
    if (closing && end == UINT64_MAX)
      end = peer_now() + PATIENCE * UINT64_C(1000000);
  }
  count.unclean += (uint64_t)connected;
  print_phase();
}

/* ---- The command line ---- */

static const char *value(char **argv, int *at) {
  const char *text = argv[++*at];
  if (text == NULL) {
    fprintf(stderr, "good: %s needs a value\n", argv[*at - 1]);
    exit(2);
  }
  return text;
}

static const char *parse(int argc, char **argv) {
  const char *ca = NULL;
  int at;
  plan.to.sin_family = AF_INET;
  plan.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (at = 1; at < argc; at++) {
    const char *name = argv[at];
    if (strcmp(name, "--ca") == 0) {
      ca = value(argv, &at);
    } else if (strcmp(name, "--port") == 0) {
      plan.to.sin_port = htons((uint16_t)strtol(value(argv, &at), NULL, 10));
    } else if (strcmp(name, "--clients") == 0) {
      set.clients = (int)strtol(value(argv, &at), NULL, 10);
    } else if (strcmp(name, "--rate") == 0) {
      set.rate = strtod(value(argv, &at), NULL);
    } else if (strcmp(name, "--arrivals") == 0) {
      set.arrivals = strtod(value(argv, &at), NULL);
    } else if (strcmp(name, "--ramp") == 0) {
      set.ramp = (int)strtol(value(argv, &at), NULL, 10);
    } else if (strcmp(name, "--mixed") == 0) {
      set.mixed = true;
    } else {
      fprintf(stderr, "good: what is %s?\n", name);
      exit(2);
    }
  }
  return ca;
}

int main(int argc, char **argv) {
  const char *ca = parse(argc, argv);
  if (ca == NULL) {
    fprintf(stderr, "good: --ca is needed\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  plan.tls = peer_tls(ca, 0);
  plan.epoll = epoll_create1(EPOLL_CLOEXEC);
  plan.on_data = on_data;
  plan.on_message = on_message;
  staying = calloc((size_t)set.clients + 1, sizeof *staying);
  visiting = calloc(VISITORS, sizeof *visiting);
  if (staying == NULL || visiting == NULL || plan.epoll < 0)
    return 2;
  make_table();
  run();
  return 0;
}
