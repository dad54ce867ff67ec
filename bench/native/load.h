// The load generator's connections: each sends a request, checks that the same bytes come back,
// and tells the running workload. At most one request is under way on a connection.
#ifndef ASYNCORE_BENCH_LOAD_H_
#define ASYNCORE_BENCH_LOAD_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "histogram.h"

struct connection {
  int fd;
  uint32_t sequence;  // of the request under way
  uint32_t received;  // of its answer
  int busy;           // a request is under way
  int answered;       // had an answer since the counting began
  int first;          // the next answer is the first one of a burst
  uint64_t started;   // when the request was sent, or was to be sent
};

struct load {
  const char* address;
  int connections, active;
  size_t size;  // of a request
  double rate;  // requests per second, open loop only
  double warm, seconds;
  int block;  // sleep for answers instead of looking for them all the time
  pid_t server;
  struct connection* pool;
  int events;  // the epoll instance

  uint64_t count, began, cpu_began, window_ns, cpu_ns;
  int counting;
  struct histogram latency, first;
};

// Called for each complete answer.
typedef void answer_handler(struct load* load, struct connection* connection, uint64_t now);

// Prepares everything but the connections.
void load_prepare(struct load* load);

// Connects all and has every one of them answered once. Fails the run if one is not.
void load_connect(struct load* load);

// Sends a request; `started` is the time its latency counts from.
void load_request(struct load* load, struct connection* connection, uint64_t started);

// Takes the answers that have arrived; if told to block, waits at most `timeout_ms` for some.
void load_turn(struct load* load, answer_handler* handler, int timeout_ms);

// Waits until no request is under way any more.
void load_drain(struct load* load, answer_handler* handler);

void load_count(struct load* load);  // begins the counting window
void load_stop(struct load* load);   // ends it
void load_report(const struct load* load, int served);

// A number below `bound`, from the seed of --seed.
uint32_t load_random(uint32_t bound);
void load_seed(uint64_t seed);

// The bytes of the request with this number on this connection.
const char* load_payload(const struct load* load, const struct connection* connection);

#endif  // ASYNCORE_BENCH_LOAD_H_
