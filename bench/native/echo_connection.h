// One connection of a C echo server that reads with recv() and writes with send(), shared by the
// raw loops and by libuv's uv_poll: echo what came, and keep what the socket did not take.
#ifndef ASYNCORE_BENCH_ECHO_CONNECTION_H_
#define ASYNCORE_BENCH_ECHO_CONNECTION_H_

#include <stddef.h>

struct echo_connection {
  int fd;
  char* pending;  // what the socket has not taken yet, or NULL
  size_t pending_length, pending_sent;
};

enum echo_state { ECHO_READING, ECHO_WRITING, ECHO_CLOSED };

// Call it when the socket can be read or, while it is ECHO_WRITING, written.
enum echo_state echo_readable(struct echo_connection* connection);
enum echo_state echo_writable(struct echo_connection* connection);

#endif  // ASYNCORE_BENCH_ECHO_CONNECTION_H_
