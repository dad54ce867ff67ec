// Closed loops: a connection sends its next request when it has the answer to the last. Either
// always the same connections do, or bursts of them, or a random one takes over at every answer.
#include <stdlib.h>

#include "load_modes.h"
#include "support.h"

#define BURST_NS 200000000u

static int stopping;

static void request_again(struct load* load, struct connection* connection, uint64_t now) {
  if (!stopping) load_request(load, connection, now);
}

static struct connection* random_free(struct load* load) {
  for (;;) {
    struct connection* chosen = &load->pool[load_random((uint32_t)load->connections)];
    if (!chosen->busy) return chosen;
  }
}

static void request_elsewhere(struct load* load, struct connection* connection, uint64_t now) {
  (void)connection;
  if (!stopping) load_request(load, random_free(load), now);
}

static void run_until(struct load* load, answer_handler* handler, uint64_t deadline) {
  while (now_ns() < deadline) load_turn(load, handler, 1);
}

static uint64_t after(double seconds) { return now_ns() + (uint64_t)(seconds * 1e9); }

static int answered(const struct load* load) {
  int count = 0;
  for (int i = 0; i < load->connections; i++) count += load->pool[i].answered;
  return count;
}

static void measure(struct load* load, answer_handler* handler) {
  run_until(load, handler, after(load->warm));
  load_count(load);
  run_until(load, handler, after(load->seconds));
  load_stop(load);
  stopping = 1;
  load_drain(load, handler);
}

void run_closed(struct load* load) {
  int space = load->connections / load->active;
  for (int i = 0; i < load->active; i++) load_request(load, &load->pool[i * space], now_ns());
  measure(load, request_again);
  int served = answered(load);
  if (served < load->active) {
    fail("only %d of %d connections were served while counting", served, load->active);
  }
  load_report(load, served);
}

void run_random(struct load* load) {
  for (int i = 0; i < load->active; i++) load_request(load, random_free(load), now_ns());
  measure(load, request_elsewhere);
  load_report(load, answered(load));
}

static void one_burst(struct load* load) {
  stopping = 0;
  uint64_t deadline = after(BURST_NS / 1e9);
  for (int i = 0; i < load->active; i++) {
    struct connection* chosen = random_free(load);
    chosen->first = 1;
    load_request(load, chosen, now_ns());
  }
  run_until(load, request_again, deadline);
  stopping = 1;
  load_drain(load, request_again);
}

void run_burst(struct load* load) {
  uint64_t deadline = after(load->warm);
  do one_burst(load);
  while (now_ns() < deadline);
  load_count(load);
  deadline = after(load->seconds);
  do one_burst(load);
  while (now_ns() < deadline);
  load_stop(load);
  load_report(load, answered(load));
}
