/* The receiving side of RFC 6455 once more, on a whole stream and with nothing
   but loops: what the session's events are compared with. */
#ifndef WSS_FUZZ_REFERENCE_SESSION_H
#define WSS_FUZZ_REFERENCE_SESSION_H

#include "support/input.h"

/* What is written down of a session, by both sides. */
typedef enum fuzz_event {
  FUZZ_MESSAGE = 1, /* and its type */
  FUZZ_PONG,
  FUZZ_SEND, /* and the opcode */
  FUZZ_ERROR /* and the code */
} fuzz_event;

void fuzz_log_event(fuzz_log *log, fuzz_event event, int number,
                    const uint8_t *data, size_t size);

/* Prints both logs and fails if they differ. */
void fuzz_log_compare(const fuzz_log *got, const fuzz_log *expected);

/* What the owner of the session does in its first message. */
typedef enum fuzz_act {
  FUZZ_NOTHING,
  FUZZ_CLOSE, /* closes with 4000 and "bye" */
  FUZZ_FAIL,  /* fails it with WSS_ERR_TIMEOUT */
  FUZZ_ACTS
} fuzz_act;

typedef struct fuzz_rules {
  uint64_t max_message_size;
  uint64_t max_fragments;
  fuzz_act act;
} fuzz_rules;

/* What a stream leaves behind. */
typedef enum fuzz_rest {
  FUZZ_BETWEEN, /* whole messages and frames */
  FUZZ_WITHIN,  /* a message or frame that has begun */
  FUZZ_OVER     /* nothing more is read */
} fuzz_rest;

/* Writes down what a server has to do with a stream of frames. */
fuzz_rest reference_session(fuzz_log *log, const fuzz_rules *rules,
                            const uint8_t *stream, size_t size);

#endif
