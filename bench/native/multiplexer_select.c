// select() with bit sets of our own, sized to the highest descriptor: fd_set stops at 1024, the
// system call does not.
#include <string.h>
#include <sys/select.h>

#include "multiplexer.h"

#define BITS ((int)(8 * sizeof(unsigned long)))

static unsigned long *want_in, *want_out, *got_in, *got_out;
static int in_capacity, out_capacity, got_in_capacity, got_out_capacity;
static struct ready* found;
static int found_capacity, highest = -1;

static void set_bit(unsigned long* set, int fd, int on) {
  unsigned long bit = 1ul << (fd % BITS);
  if (on) {
    set[fd / BITS] |= bit;
  } else {
    set[fd / BITS] &= ~bit;
  }
}

static void watch(int fd, int events) {
  int words = fd / BITS + 1;
  want_in = grow(want_in, &in_capacity, words, sizeof *want_in);
  want_out = grow(want_out, &out_capacity, words, sizeof *want_out);
  got_in = grow(got_in, &got_in_capacity, words, sizeof *got_in);
  got_out = grow(got_out, &got_out_capacity, words, sizeof *got_out);
  set_bit(want_in, fd, events & WAIT_IN);
  set_bit(want_out, fd, events & WAIT_OUT);
  if (events != 0 && fd > highest) highest = fd;
  while (highest >= 0 &&
         !((want_in[highest / BITS] | want_out[highest / BITS]) >> (highest % BITS) & 1)) {
    highest--;
  }
}

static int wait_ready(int block, const struct ready** out) {
  int words = highest / BITS + 1;
  // Grown here and not in watch(), which is called while the last wait's entries are being read.
  found = grow(found, &found_capacity, highest + 1, sizeof *found);
  memcpy(got_in, want_in, (size_t)words * sizeof *got_in);
  memcpy(got_out, want_out, (size_t)words * sizeof *got_out);
  struct timeval now = {0, 0};
  int filled = 0;
  if (select(highest + 1, (fd_set*)got_in, (fd_set*)got_out, NULL, block ? NULL : &now) > 0) {
    for (int word = 0; word < words; word++) {
      unsigned long bits = got_in[word] | got_out[word];
      while (bits != 0) {
        int bit = __builtin_ctzl(bits);
        bits &= bits - 1;
        found[filled].fd = word * BITS + bit;
        found[filled++].events =
            (got_in[word] >> bit & 1 ? WAIT_IN : 0) | (got_out[word] >> bit & 1 ? WAIT_OUT : 0);
      }
    }
  }
  *out = found;
  return filled;
}

const struct multiplexer select_multiplexer = {"select", watch, wait_ready};
