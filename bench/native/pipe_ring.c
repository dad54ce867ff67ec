// The pipe ring with poll(), select() or epoll and nothing around it.
#include "multiplexer.h"
#include "ring.h"
#include "support.h"

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
  ring_start(&ring);
  for (int turn = 0;; turn++) {
    const struct ready* ready;
    int count = multiplexer->wait(1, &ready);
    for (int i = 0; i < count; i++) ring_step(&ring, index_of[ready[i].fd]);
    // The clock is read once per 16 turns: its cost must not show beside the cheapest waits.
    if (turn % 16 == 0 && ring_tick(&ring)) break;
  }
  ring_report(&ring);
}
