// epoll, level-triggered: what a modern C server on Linux uses.
#include <sys/epoll.h>

#include "multiplexer.h"
#include "support.h"

#define BATCH 1024

static int queue = -1;
static int* known;  // by descriptor: whether the kernel has it
static int known_capacity;
static struct epoll_event events_of[BATCH];
static struct ready found[BATCH];

static void watch(int fd, int events) {
  if (queue < 0) queue = epoll_create1(EPOLL_CLOEXEC);
  known = grow(known, &known_capacity, fd + 1, sizeof *known);
  struct epoll_event entry = {0};
  entry.events = (events & WAIT_IN ? EPOLLIN : 0u) | (events & WAIT_OUT ? EPOLLOUT : 0u);
  entry.data.fd = fd;
  int operation = known[fd] ? (events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL) : EPOLL_CTL_ADD;
  if (events == 0 && !known[fd]) return;
  if (epoll_ctl(queue, operation, fd, &entry) < 0) fail("epoll_ctl failed on %d", fd);
  known[fd] = events != 0;
}

static int wait_ready(int block, const struct ready** out) {
  int count = epoll_wait(queue, events_of, BATCH, block ? -1 : 0);
  for (int i = 0; i < count; i++) {
    found[i].fd = events_of[i].data.fd;
    found[i].events = (events_of[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? WAIT_IN : 0) |
                      (events_of[i].events & EPOLLOUT ? WAIT_OUT : 0);
  }
  *out = found;
  return count < 0 ? 0 : count;
}

const struct multiplexer epoll_multiplexer = {"epoll", watch, wait_ready};
