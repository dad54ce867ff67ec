// The parts that every C program of the benchmark shares: clock, failure, /proc, addresses and
// options.
#define _GNU_SOURCE
#include "support.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("{\"ok\":false,\"reason\":\"");
  vprintf(format, arguments);
  printf("\"}\n");
  fflush(stdout);
  va_end(arguments);
  exit(1);
}

uint64_t process_cpu_ns(pid_t pid) {
  // The process clock counts to the nanosecond; /proc/<pid>/stat counts in ticks of 10 ms.
  clockid_t clock;
  struct timespec used;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
    fail("no CPU clock of process %d: has the server ended?", (int)pid);
  }
  return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

int process_descriptors(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
  DIR* directory = opendir(path);
  if (directory == NULL) return -1;
  int count = 0;
  for (struct dirent* entry; (entry = readdir(directory)) != NULL;)
    count += entry->d_name[0] != '.';
  closedir(directory);
  return count;
}

void end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

static socklen_t parse_address(const char* address, struct sockaddr_storage* out) {
  memset(out, 0, sizeof *out);
  if (strncmp(address, "unix:", 5) == 0) {
    struct sockaddr_un* local = (struct sockaddr_un*)out;
    local->sun_family = AF_UNIX;
    snprintf(local->sun_path, sizeof local->sun_path, "%s", address + 5);
    return sizeof *local;
  }
  struct sockaddr_in* inet = (struct sockaddr_in*)out;
  inet->sin_family = AF_INET;
  inet->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const char* colon = strrchr(address, ':');
  if (colon != NULL) inet->sin_port = htons((uint16_t)atoi(colon + 1));
  return sizeof *inet;
}

int listen_at(const char* address, int backlog) {
  struct sockaddr_storage where;
  socklen_t length = parse_address(address, &where);
  int fd = socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, (struct sockaddr*)&where, length) < 0 || listen(fd, backlog) < 0) {
    fail("cannot listen at %s: %s", address, strerror(errno));
  }
  return fd;
}

int connect_to(const char* address) {
  struct sockaddr_storage where;
  socklen_t length = parse_address(address, &where);
  int fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("cannot make a socket: %s", strerror(errno));
  // On loopback a connection is established once it is in the listener's queue, so this blocks only
  // when that queue is full.
  if (connect(fd, (struct sockaddr*)&where, length) < 0) {
    fail("cannot connect to %s: %s", address, strerror(errno));
  }
  int on = 1;
  if (where.ss_family == AF_INET) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

void announce(int listener, const char* address) {
  struct sockaddr_in bound;
  socklen_t length = sizeof bound;
  if (strncmp(address, "unix:", 5) == 0) {
    printf("{\"ready\":true,\"address\":\"%s\"}\n", address);
  } else {
    getsockname(listener, (struct sockaddr*)&bound, &length);
    printf("{\"ready\":true,\"address\":\"127.0.0.1:%d\"}\n", ntohs(bound.sin_port));
  }
  fflush(stdout);
}

const char* option(int argc, char** argv, const char* name, const char* fallback) {
  // What follows a lone "--" is the command line of another program.
  for (int i = 1; i + 1 < argc && strcmp(argv[i], "--") != 0; i++) {
    if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, name) == 0) return argv[i + 1];
  }
  return fallback;
}

double option_number(int argc, char** argv, const char* name, double fallback) {
  const char* text = option(argc, argv, name, NULL);
  return text == NULL ? fallback : atof(text);
}
