// The pipes, the window and the report of the pipe ring.
#define _GNU_SOURCE
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

// A JIT-compiled program is not warm before this many events, however long they take.
#define WARM_EVENTS 20000

void ring_open(struct ring* ring, int pipes, int active, double warm, double seconds) {
  memset(ring, 0, sizeof *ring);
  ring->pipes = pipes;
  ring->active = active;
  ring->warm = warm;
  ring->seconds = seconds;
  ring->ends = calloc((size_t)pipes, sizeof *ring->ends);
  for (int i = 0; i < pipes; i++) {
    if (pipe2(ring->ends[i], O_NONBLOCK | O_CLOEXEC) < 0) fail("pipe: %s", strerror(errno));
  }
}

static void put(struct ring* ring, int index) {
  if (write(ring->ends[index][1], "e", 1) != 1) fail("a byte was not written");
}

void ring_start(struct ring* ring) {
  ring->started = now_ns();
  int space = ring->pipes / ring->active;
  for (int i = 0; i < ring->active; i++) put(ring, i * space);
}

void ring_move(struct ring* ring, int index, const char* bytes, long length) {
  for (long i = 0; i < length; i++) {
    if (bytes[i] != 'e') fail("a byte was not what had been written");
    put(ring, index == 0 ? ring->pipes - 1 : index - 1);
    ring->events++;
  }
}

void ring_step(struct ring* ring, int index) {
  char byte = 0;
  ring_move(ring, index, &byte, read(ring->ends[index][0], &byte, 1));
}

int ring_tick(struct ring* ring) {
  uint64_t now = now_ns();
  double elapsed = (double)(now - ring->started) / 1e9;
  if (!ring->counting) {
    // Slow arms would need minutes for that many events: ten times the time will do, too.
    int warm = ring->events >= WARM_EVENTS || elapsed >= 10 * ring->warm;
    if (elapsed < ring->warm || !warm) return 0;
    ring->counting = 1;
    ring->started = now;
    ring->counted_from = ring->events;
    ring->cpu_started = process_cpu_ns(getpid());
    return 0;
  }
  if (elapsed < ring->seconds) return 0;
  ring->done = 1;
  return 1;
}

void ring_report(struct ring* ring) {
  double seconds = (double)(now_ns() - ring->started) / 1e9;
  uint64_t cpu = process_cpu_ns(getpid()) - ring->cpu_started;
  uint64_t events = ring->events - ring->counted_from;
  int left = 0;
  for (int i = 0; i < ring->pipes; i++) {
    char bytes[4096];
    ssize_t length = read(ring->ends[i][0], bytes, sizeof bytes);
    if (length > 0) left += (int)length;
  }
  if (left != ring->active) fail("%d bytes are on their way instead of %d", left, ring->active);
  printf("{\"ok\":true,\"count\":%llu,\"seconds\":%.6f,\"cpuNs\":%llu}\n",
         (unsigned long long)events, seconds, (unsigned long long)cpu);
  fflush(stdout);
}
