// Requests at a given rate, at random times (a Poisson process) and on random connections. A late
// answer does not make the next request later, and latency counts from when a request was due.
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "load_modes.h"
#include "support.h"

static void ignore_answer(struct load* load, struct connection* connection, uint64_t now) {
  (void)load, (void)connection, (void)now;
}

static uint64_t pause_before_next(const struct load* load) {
  double uniform = (load_random(1u << 30) + 1.0) / (double)(1u << 30);
  return (uint64_t)(-log(uniform) / load->rate * 1e9);
}

static uint64_t send_until(struct load* load, uint64_t due, uint64_t deadline) {
  while (due < deadline) {
    uint64_t now = now_ns();
    if (now < due) {
      load_turn(load, ignore_answer, 0);
      continue;
    }
    struct connection* chosen = &load->pool[load_random((uint32_t)load->connections)];
    // One that still waits for its answer is skipped: a connection has one request at a time.
    for (int i = 0; chosen->busy; i++) {
      if (i == load->connections) fail("every connection waits for an answer");
      chosen = chosen + 1 == load->pool + load->connections ? load->pool : chosen + 1;
    }
    load_request(load, chosen, due);
    due += pause_before_next(load);
  }
  return due;
}

void run_open(struct load* load) {
  uint64_t start = now_ns();
  uint64_t counted_from = start + (uint64_t)(load->warm * 1e9);
  uint64_t due = send_until(load, start, counted_from);
  load_drain(load, ignore_answer);
  load_count(load);
  // The request that was due in the meantime is sent now, not counted as late.
  if (due < now_ns()) due = now_ns();
  send_until(load, due, load->began + (uint64_t)(load->seconds * 1e9));
  load_drain(load, ignore_answer);
  load_stop(load);
  load_report(load, load->connections);
}

static void sleep_for(double seconds) {
  struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&time, NULL);
}

void run_idle(struct load* load) {
  sleep_for(load->warm);
  load_count(load);
  sleep_for(load->seconds);
  load_stop(load);
  load_report(load, load->connections);
}

void run_hold(struct load* load) {
  printf("{\"event\":\"holding\"}\n");
  fflush(stdout);
  char byte;
  load_count(load);
  while (read(STDIN_FILENO, &byte, 1) > 0) continue;
  load_stop(load);
  load_report(load, load->connections);
}
