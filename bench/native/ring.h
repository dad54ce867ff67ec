// The pipe ring of libevent's bench.c: N pipes and K bytes going round; for each byte that is read
// from a pipe, one is written to the pipe before it. (Not to the one after it: a loop that serves
// pipes in order would find two bytes there, and an arm that reads both at once would do half the
// work.) This is the part that does not depend on how readiness is detected: the pipes, the window
// and the report.
#ifndef ASYNCORE_BENCH_RING_H_
#define ASYNCORE_BENCH_RING_H_

#include <stdint.h>

struct ring {
  int pipes, active;
  double warm, seconds;
  int (*ends)[2];  // read end, write end
  uint64_t events;

  uint64_t counted_from, started, cpu_started;  // the counting window
  int counting, done;
};

void ring_open(struct ring* ring, int pipes, int active, double warm, double seconds);

// Writes the first bytes, evenly spread over the pipes.
void ring_start(struct ring* ring);

// Pipe `index` can be read: moves its byte on.
void ring_step(struct ring* ring, int index);

// The same for a caller that has read the bytes already.
void ring_move(struct ring* ring, int index, const char* bytes, long length);

// Advances the counting window; call it now and then. True when the run is over.
int ring_tick(struct ring* ring);

// Checks that no byte was lost or added, and prints the figures.
void ring_report(struct ring* ring);

#endif  // ASYNCORE_BENCH_RING_H_
