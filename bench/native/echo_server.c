// The raw C echo server: poll(), select() or epoll, and nothing around it. It shows the most that
// the machine can do, against which the library is measured.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo_connection.h"
#include "multiplexer.h"
#include "support.h"

static struct echo_connection* connections;  // by descriptor
static int capacity;

static void accept_all(const struct multiplexer* multiplexer, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    connections = grow(connections, &capacity, fd + 1, sizeof *connections);
    connections[fd] = (struct echo_connection){.fd = fd};
    multiplexer->watch(fd, WAIT_IN);
  }
}

static void serve(const struct multiplexer* multiplexer, int fd) {
  struct echo_connection* connection = &connections[fd];
  int was_writing = connection->pending != NULL;
  enum echo_state state = was_writing ? echo_writable(connection) : echo_readable(connection);
  if (state == ECHO_CLOSED) {
    free(connection->pending);
    multiplexer->watch(fd, 0);
    close(fd);
  } else if ((state == ECHO_WRITING) != was_writing) {
    multiplexer->watch(fd, state == ECHO_WRITING ? WAIT_OUT : WAIT_IN);
  }
}

int main(int argc, char** argv) {
  end_with_parent();
  const struct multiplexer* multiplexer = find_multiplexer(option(argc, argv, "backend", "poll"));
  const char* address = option(argc, argv, "listen", "tcp");
  int listener = listen_at(address, 4096);
  multiplexer->watch(listener, WAIT_IN);
  announce(listener, address);
  for (;;) {
    const struct ready* ready;
    int count = multiplexer->wait(1, &ready);
    for (int i = 0; i < count; i++) {
      if (ready[i].fd == listener) {
        accept_all(multiplexer, listener);
      } else {
        serve(multiplexer, ready[i].fd);
      }
    }
  }
}
