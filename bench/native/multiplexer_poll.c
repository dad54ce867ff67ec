// poll() with a dense pollfd array: a forgotten descriptor's place is taken by the last one.
#include <poll.h>

#include "multiplexer.h"

static struct pollfd* entries;
static struct ready* found;
static int* places;  // by descriptor: its index in entries plus one
static int count, entry_capacity, found_capacity, place_capacity;

static void watch(int fd, int events) {
  places = grow(places, &place_capacity, fd + 1, sizeof *places);
  if (events == 0) {
    if (places[fd] == 0) return;
    int place = places[fd] - 1;
    places[fd] = 0;
    entries[place] = entries[--count];
    if (place < count) places[entries[place].fd] = place + 1;
    return;
  }
  if (places[fd] == 0) {
    entries = grow(entries, &entry_capacity, count + 1, sizeof *entries);
    entries[count].fd = fd;
    places[fd] = ++count;
  }
  entries[places[fd] - 1].events =
      (short)((events & WAIT_IN ? POLLIN : 0) | (events & WAIT_OUT ? POLLOUT : 0));
}

static int wait_ready(int block, const struct ready** out) {
  // Grown here and not in watch(), which is called while the last wait's entries are being read.
  found = grow(found, &found_capacity, count, sizeof *found);
  int left = poll(entries, (nfds_t)count, block ? -1 : 0);
  int filled = 0;
  for (int i = 0; i < count && left > 0; i++) {
    int events = entries[i].revents;
    if (events == 0) continue;
    left--;
    found[filled].fd = entries[i].fd;
    found[filled++].events =
        (events & (POLLIN | POLLHUP | POLLERR) ? WAIT_IN : 0) | (events & POLLOUT ? WAIT_OUT : 0);
  }
  *out = found;
  return filled;
}

const struct multiplexer poll_multiplexer = {"poll", watch, wait_ready};
