// See wake_up.h.
#include "reactor/wake_up.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdint>

#ifdef __linux__
#include <sys/eventfd.h>
#endif

namespace asyncore {

int WakeUp::Open() {
  if (read_.IsOurs()) return 0;
#ifdef __linux__
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return -errno;
  read_ = PrivateFd(fd);
#else
  int ends[2];
  if (pipe(ends) < 0) return -errno;
  for (int end : ends) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
    fcntl(end, F_SETFL, O_NONBLOCK);
  }
  read_ = PrivateFd(ends[0]);
  write_ = PrivateFd(ends[1]);
#endif
  return 0;
}

void WakeUp::Close() {
  read_.Close();
  write_.Close();
}

void WakeUp::Wake() {
  const uint64_t one = 1;
  if (!read_.IsOurs()) return;
  // EAGAIN means that it is readable already.
  while (write(write_fd(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void WakeUp::Drain() {
  uint64_t bytes[8];
  while (read_.IsOurs() && read(read_.get(), bytes, sizeof bytes) == sizeof bytes) {
  }
}

}  // namespace asyncore
