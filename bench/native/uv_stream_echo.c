// An echo server on libuv's streams, used as well as they can be: one read buffer for all,
// uv_try_write() first, and a copy only of what the socket did not take.
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "support.h"
#include "uv_programs.h"

static char buffer[READ_SIZE];
static uv_loop_t loop;

union stream {
  uv_stream_t any;
  uv_tcp_t tcp;
  uv_pipe_t pipe;
};

struct rest {
  uv_write_t request;
  char bytes[];
};

static void on_close(uv_handle_t* handle) { free(handle); }

static void on_written(uv_write_t* request, int status) {
  (void)status;
  free(request);
}

static void allocate(uv_handle_t* handle, size_t suggested, uv_buf_t* out) {
  (void)handle, (void)suggested;
  *out = uv_buf_init(buffer, sizeof buffer);
}

static void on_read(uv_stream_t* stream, ssize_t length, const uv_buf_t* input) {
  if (length < 0) uv_close((uv_handle_t*)stream, on_close);
  if (length <= 0) return;
  uv_buf_t output = uv_buf_init(input->base, (unsigned)length);
  int sent = uv_try_write(stream, &output, 1);
  if (sent == length) return;
  if (sent < 0) sent = 0;
  size_t left = (size_t)(length - sent);
  struct rest* rest = malloc(sizeof *rest + left);
  memcpy(rest->bytes, input->base + sent, left);
  output = uv_buf_init(rest->bytes, (unsigned)left);
  if (uv_write(&rest->request, stream, &output, 1, on_written) != 0) free(rest);
}

static void open_stream(union stream* stream, int is_pipe) {
  if (is_pipe) {
    uv_pipe_init(&loop, &stream->pipe, 0);
  } else {
    uv_tcp_init(&loop, &stream->tcp);
  }
}

static void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  union stream* client = malloc(sizeof *client);
  open_stream(client, listener->type == UV_NAMED_PIPE);
  if (uv_accept(listener, &client->any) == 0) {
    uv_read_start(&client->any, allocate, on_read);
  } else {
    uv_close((uv_handle_t*)client, on_close);
  }
}

void uv_stream_echo(int argc, char** argv) {
  const char* address = option(argc, argv, "listen", "tcp");
  int is_pipe = strncmp(address, "unix:", 5) == 0;
  static union stream listener;
  struct sockaddr_in loopback;
  uv_loop_init(&loop);
  open_stream(&listener, is_pipe);
  uv_ip4_addr("127.0.0.1", 0, &loopback);
  int failed = is_pipe ? uv_pipe_bind(&listener.pipe, address + 5)
                       : uv_tcp_bind(&listener.tcp, (struct sockaddr*)&loopback, 0);
  if (failed || uv_listen(&listener.any, 4096, on_connection)) fail("libuv cannot listen");
  uv_os_fd_t fd;
  uv_fileno((uv_handle_t*)&listener, &fd);
  announce(fd, address);
  uv_run(&loop, UV_RUN_DEFAULT);
}
