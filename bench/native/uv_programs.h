// The same programs as in C, but on libuv: the one that the running Node binary contains.
#ifndef ASYNCORE_BENCH_UV_PROGRAMS_H_
#define ASYNCORE_BENCH_UV_PROGRAMS_H_

void uv_stream_echo(int argc, char** argv);  // uv_tcp or uv_pipe, by the address
void uv_poll_echo(int argc, char** argv);    // uv_poll with recv() and send()
void uv_pipe_ring(int argc, char** argv);    // uv_pipe reading, write() writing
void uv_poll_ring(int argc, char** argv);    // uv_poll with read() and write()

#endif  // ASYNCORE_BENCH_UV_PROGRAMS_H_
