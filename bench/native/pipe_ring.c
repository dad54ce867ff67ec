// The pipe ring with poll(), select() or epoll and nothing around it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "multiplexer.h"
#include "ring.h"
#include "support.h"

// Descriptors beside the ring, which are never ready, and of which some change with each event.
struct idle {
  int count, next;
  int* fds;
  char* wanted;
};

static void idle_open(struct idle* idle, int count, const struct multiplexer* multiplexer) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) fail("pipe: %s", strerror(errno));
  idle->count = count;
  idle->fds = calloc((size_t)count, sizeof *idle->fds);
  idle->wanted = calloc((size_t)count, 1);
  for (int i = 0; i < count; i++) {
    idle->fds[i] = dup(ends[0]);
    if (idle->fds[i] < 0) fail("dup: %s", strerror(errno));
    idle->wanted[i] = 1;
    multiplexer->watch(idle->fds[i], WAIT_IN);
  }
}

static void idle_change(struct idle* idle, int changes, const struct multiplexer* multiplexer) {
  for (int i = 0; i < changes; i++) {
    int at = idle->next;
    idle->wanted[at] = !idle->wanted[at];
    multiplexer->watch(idle->fds[at], idle->wanted[at] ? WAIT_IN : 0);
    idle->next = at + 1 == idle->count ? 0 : at + 1;
  }
}

int main(int argc, char** argv) {
  end_with_parent();
  const struct multiplexer* multiplexer = find_multiplexer(option(argc, argv, "backend", "poll"));
  static struct ring ring;
  ring_open(&ring, (int)option_number(argc, argv, "pipes", 100),
            (int)option_number(argc, argv, "active", 100), option_number(argc, argv, "warm", 0.5),
            option_number(argc, argv, "seconds", 1));
  static int* index_of;  // by descriptor
  int capacity = 0;
  for (int i = 0; i < ring.pipes; i++) {
    int fd = ring.ends[i][0];
    index_of = grow(index_of, &capacity, fd + 1, sizeof *index_of);
    index_of[fd] = i;
    multiplexer->watch(fd, WAIT_IN);
  }
  static struct idle idle;
  int changes = (int)option_number(argc, argv, "changes", 0);
  idle_open(&idle, (int)option_number(argc, argv, "idle", 0), multiplexer);
  ring_start(&ring);
  for (int turn = 0;; turn++) {
    const struct ready* ready;
    int count = multiplexer->wait(1, &ready);
    for (int i = 0; i < count; i++) {
      ring_step(&ring, index_of[ready[i].fd]);
      idle_change(&idle, changes, multiplexer);
    }
    // The clock is read once per 16 turns: its cost must not show beside the cheapest waits.
    if (turn % 16 == 0 && ring_tick(&ring)) break;
  }
  ring_report(&ring);
}
