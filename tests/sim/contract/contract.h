/* One connection and what happens to it, in a line of text. */
#ifndef WSS_SIM_CONTRACT_H
#define WSS_SIM_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "driver.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/stream.h"
#include "support/allocator.h"

/* Each event is a word or a few, ended by "; ". "| " stands for a prepare or a
   check phase since the event before. */
extern char happened[4096];
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern uv_loop_t *uv;
extern wss__loop loop;
extern wss__socket listener;
extern wss__stream streams[2];
extern test_allocator memory;
/* How many connections are to be accepted; those behind are left waiting. */
extern int to_accept;
extern int accepted;
/* Called at each read, before it is noted. */
extern void (*at_read)(wss__stream *stream);

int set_up(void **state);
int tear_down(void **state);

/* One accepted connection. */
contract_peer *meet(void);
/* Waits until that and nothing else has happened; starts a new line. */
void expect_at(const char *text, const char *file, int line);
#define expect(text) expect_at(text, __FILE__, __LINE__)

/* Writes so much that something is in flight; how much. */
size_t fill(wss__stream *stream);
void write_text(wss__stream *stream, const char *text);

#endif
