// What every C program of the benchmark needs: a clock, an end with a reason, listening and
// connecting by the same address text, the CPU time of a process, and options.
#ifndef ASYNCORE_BENCH_SUPPORT_H_
#define ASYNCORE_BENCH_SUPPORT_H_

#include <stdint.h>
#include <sys/types.h>

// The read size of every echo arm, so that none reads in larger pieces than another.
#define READ_SIZE 65536

uint64_t now_ns(void);

// Prints {"ok":false,"reason":...} for the harness and ends the process.
_Noreturn void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

// CPU time of all threads of a process, also of those that have ended.
uint64_t process_cpu_ns(pid_t pid);

// How many descriptors a process has open.
int process_descriptors(pid_t pid);

// The process ends when its parent does, so that no stray server disturbs a later run.
void end_with_parent(void);

// An address is "tcp" (any free port of 127.0.0.1), "127.0.0.1:PORT" or "unix:PATH".
int listen_at(const char* address, int backlog);
int connect_to(const char* address);

// The line that tells the harness where a server can be reached.
void announce(int listener, const char* address);

// The value of --name in argv, or the fallback.
const char* option(int argc, char** argv, const char* name, const char* fallback);
double option_number(int argc, char** argv, const char* name, double fallback);

#endif  // ASYNCORE_BENCH_SUPPORT_H_
