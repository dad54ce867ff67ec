// The least that a C event loop needs from poll(), select() or epoll: to set what a descriptor
// waits for, and to wait. One table of functions per system call, so that the echo server and the
// pipe ring are the same programs with each of them.
#ifndef ASYNCORE_BENCH_MULTIPLEXER_H_
#define ASYNCORE_BENCH_MULTIPLEXER_H_

enum { WAIT_IN = 1, WAIT_OUT = 2 };

struct ready {
  int fd;
  int events;
};

struct multiplexer {
  const char* name;
  // Waits for these events on fd from now on; 0 forgets it.
  void (*watch)(int fd, int events);
  // Waits until something is ready; returns how many entries *out has. They are valid until the
  // next call. With `block` 0 it only looks.
  int (*wait)(int block, const struct ready** out);
};

extern const struct multiplexer poll_multiplexer;
extern const struct multiplexer select_multiplexer;
extern const struct multiplexer epoll_multiplexer;

const struct multiplexer* find_multiplexer(const char* name);

// Grows an array to hold at least `needed` elements, the new ones zeroed.
void* grow(void* array, int* capacity, int needed, int size);

#endif  // ASYNCORE_BENCH_MULTIPLEXER_H_
