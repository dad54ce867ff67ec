// Writes many bytes into a FIFO, a socketpair or a TCP connection (--through tcp) and starts the
// program that reads the other end: as --path PATH for a FIFO, otherwise as descriptor 3. The
// reader prints the figures.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bulk.h"
#include "support.h"

#define READER_FD 3
#define PIPE_SIZE (1 << 20)

static char data[BULK_PERIOD + READ_SIZE];

static volatile sig_atomic_t written_all;

// A reader that ends too early would leave open() or write() waiting forever.
static void reader_ended(int signal) {
  static const char reason[] = "{\"ok\":false,\"reason\":\"the reader ended early\"}\n";
  (void)signal;
  if (written_all) return;
  if (write(STDOUT_FILENO, reason, sizeof reason - 1) < 0) _exit(2);
  _exit(1);
}

static char** command_after_dashes(char** argv) {
  for (char** word = argv; *word != NULL; word++) {
    if (strcmp(*word, "--") == 0) return word + 1;
  }
  fail("no reader was named");
}

static pid_t start_reader(char** command, int fd) {
  pid_t child = fork();
  if (child != 0) return child;
  end_with_parent();
  // dup2() clears close-on-exec, except where both are the same number.
  if (fd == READER_FD) fcntl(fd, F_SETFD, 0);
  if (fd >= 0 && fd != READER_FD) dup2(fd, READER_FD);
  execvp(command[0], command);
  fail("cannot start %s: %s", command[0], strerror(errno));
}

static void write_all(int fd, uint64_t total) {
  // With a pipe's default 64 KiB the two sides take turns, and what is measured is how fast the
  // system wakes a process.
  fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
  for (uint64_t offset = 0; offset < total;) {
    size_t length = total - offset < READ_SIZE ? (size_t)(total - offset) : READ_SIZE;
    ssize_t written = write(fd, data + offset % BULK_PERIOD, length);
    if (written < 0) fail("write: %s", strerror(errno));
    offset += (uint64_t)written;
  }
  written_all = 1;
  close(fd);
}

// Both ends of a TCP connection through the loopback.
static void connect_tcp(int ends[2]) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct sockaddr* name = (struct sockaddr*)&address;
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ends[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, name, size) < 0 || listen(listener, 1) < 0 ||
      getsockname(listener, name, &size) < 0 || connect(ends[1], name, size) < 0) {
    fail("tcp: %s", strerror(errno));
  }
  ends[0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (ends[0] < 0) fail("accept: %s", strerror(errno));
  close(listener);
}

int main(int argc, char** argv) {
  end_with_parent();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, reader_ended);
  char** command = command_after_dashes(argv);
  const char* path = option(argc, argv, "path", NULL);
  for (uint64_t i = 0; i < sizeof data; i++) data[i] = bulk_byte(i);
  int ends[2] = {-1, -1};
  if (path != NULL) {
    if (mkfifo(path, 0600) < 0) fail("mkfifo: %s", strerror(errno));
  } else if (strcmp(option(argc, argv, "through", "socketpair"), "tcp") == 0) {
    connect_tcp(ends);
  } else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
    fail("socketpair: %s", strerror(errno));
  }
  pid_t reader = start_reader(command, ends[0]);
  if (path != NULL) {
    ends[1] = open(path, O_WRONLY | O_CLOEXEC);
    unlink(path);
  } else {
    close(ends[0]);
  }
  write_all(ends[1], (uint64_t)option_number(argc, argv, "bytes", 1 << 30));
  int status;
  waitpid(reader, &status, 0);
  return status == 0 ? 0 : 1;
}
