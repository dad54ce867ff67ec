// An echo server on uv_poll: libuv tells what is ready, recv() and send() are called by hand. It is
// libuv's own form of a reactor over any descriptor.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "echo_connection.h"
#include "support.h"
#include "uv_programs.h"

static uv_loop_t loop;

struct client {
  uv_poll_t poll;  // first, so that a handle is its client
  struct echo_connection connection;
};

static void on_close(uv_handle_t* handle) {
  struct client* client = (struct client*)handle;
  close(client->connection.fd);
  free(client->connection.pending);
  free(client);
}

static void on_ready(uv_poll_t* handle, int status, int events) {
  (void)status, (void)events;
  struct client* client = (struct client*)handle;
  struct echo_connection* connection = &client->connection;
  int was_writing = connection->pending != NULL;
  enum echo_state state = was_writing ? echo_writable(connection) : echo_readable(connection);
  if (state == ECHO_CLOSED) {
    uv_close((uv_handle_t*)handle, on_close);
  } else if ((state == ECHO_WRITING) != was_writing) {
    uv_poll_start(handle, state == ECHO_WRITING ? UV_WRITABLE : UV_READABLE, on_ready);
  }
}

static void on_connection(uv_poll_t* handle, int status, int events) {
  (void)status, (void)events;
  int listener = *(int*)handle->data;
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct client* client = calloc(1, sizeof *client);
    client->connection.fd = fd;
    uv_poll_init(&loop, &client->poll, fd);
    uv_poll_start(&client->poll, UV_READABLE, on_ready);
  }
}

void uv_poll_echo(int argc, char** argv) {
  const char* address = option(argc, argv, "listen", "tcp");
  static uv_poll_t accepting;
  uv_loop_init(&loop);
  int listener = listen_at(address, 4096);
  accepting.data = &listener;
  uv_poll_init(&loop, &accepting, listener);
  uv_poll_start(&accepting, UV_READABLE, on_connection);
  announce(listener, address);
  uv_run(&loop, UV_RUN_DEFAULT);
}
