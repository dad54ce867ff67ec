// The pipe ring on libuv: read through uv_pipe streams, or by hand when uv_poll says so.
#include <stdlib.h>
#include <uv.h>

#include "ring.h"
#include "support.h"
#include "uv_programs.h"

static uv_loop_t loop;
static struct ring ring;

static void open_ring(int argc, char** argv) {
  uv_loop_init(&loop);
  ring_open(&ring, (int)option_number(argc, argv, "pipes", 100),
            (int)option_number(argc, argv, "active", 100), option_number(argc, argv, "warm", 0.5),
            option_number(argc, argv, "seconds", 1));
}

static void on_turn(uv_check_t* check) {
  static unsigned turns;
  // The clock is read once per 16 turns, as in the raw loops.
  if (turns++ % 16 == 0 && ring_tick(&ring)) uv_stop(check->loop);
}

static void run_ring(void) {
  uv_check_t check;
  uv_check_init(&loop, &check);
  uv_check_start(&check, on_turn);
  ring_start(&ring);
  uv_run(&loop, UV_RUN_DEFAULT);
  ring_report(&ring);
}

static int index_of(void* handle, void* first, size_t size) {
  return (int)(((char*)handle - (char*)first) / (long)size);
}

static uv_pipe_t* pipes;

static void allocate(uv_handle_t* handle, size_t suggested, uv_buf_t* out) {
  static char buffer[READ_SIZE];
  (void)handle, (void)suggested;
  *out = uv_buf_init(buffer, sizeof buffer);
}

static void on_read(uv_stream_t* stream, ssize_t length, const uv_buf_t* input) {
  ring_move(&ring, index_of(stream, pipes, sizeof *pipes), input->base, length);
}

void uv_pipe_ring(int argc, char** argv) {
  open_ring(argc, argv);
  pipes = calloc((size_t)ring.pipes, sizeof *pipes);
  for (int i = 0; i < ring.pipes; i++) {
    uv_pipe_init(&loop, &pipes[i], 0);
    uv_pipe_open(&pipes[i], ring.ends[i][0]);
    uv_read_start((uv_stream_t*)&pipes[i], allocate, on_read);
  }
  run_ring();
}

static uv_poll_t* polls;

static void on_ready(uv_poll_t* handle, int status, int events) {
  (void)status, (void)events;
  ring_step(&ring, index_of(handle, polls, sizeof *polls));
}

void uv_poll_ring(int argc, char** argv) {
  open_ring(argc, argv);
  polls = calloc((size_t)ring.pipes, sizeof *polls);
  for (int i = 0; i < ring.pipes; i++) {
    uv_poll_init(&loop, &polls[i], ring.ends[i][0]);
    uv_poll_start(&polls[i], UV_READABLE, on_ready);
  }
  run_ring();
}
