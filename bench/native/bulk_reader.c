// Reads what the bulk writer sends, with poll(), select() or epoll and nothing around it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulk.h"
#include "multiplexer.h"
#include "support.h"

int main(int argc, char** argv) {
  end_with_parent();
  static char buffer[READ_SIZE];
  const struct multiplexer* multiplexer = find_multiplexer(option(argc, argv, "backend", "poll"));
  const char* path = option(argc, argv, "path", NULL);
  int fd = path == NULL ? 3 : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  multiplexer->watch(fd, WAIT_IN);
  uint64_t total = 0, began = 0, cpu_began = 0;
  for (;;) {
    const struct ready* ready;
    multiplexer->wait(1, &ready);
    ssize_t length = read(fd, buffer, sizeof buffer);
    if (length < 0 && errno == EAGAIN) continue;
    if (length < 0) fail("read: %s", strerror(errno));
    if (total == 0) {
      began = now_ns();
      cpu_began = process_cpu_ns(getpid());
    }
    if (length == 0) break;
    uint64_t last = total + (uint64_t)length - 1;
    if (buffer[0] != bulk_byte(total) || buffer[length - 1] != bulk_byte(last)) {
      fail("other bytes were read than were written");
    }
    total = last + 1;
  }
  double seconds = (double)(now_ns() - began) / 1e9;
  printf("{\"ok\":true,\"count\":%llu,\"seconds\":%.6f,\"cpuNs\":%llu}\n",
         (unsigned long long)total, seconds,
         (unsigned long long)(process_cpu_ns(getpid()) - cpu_began));
}
