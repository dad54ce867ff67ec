// See descriptor.h.
#include "descriptors/descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "descriptors/changed_terminals.h"
#include "descriptors/signal_mask.h"

namespace asyncore {

namespace {

// With SO_LINGER, Linux waits in close(2) whatever O_NONBLOCK says. Without it, what is left
// is sent all the same. What is no socket says so.
void DoNotLinger(int fd) {
  linger before{};
  socklen_t size = sizeof before;
  if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &before, &size) < 0) return;
  if (before.l_onoff == 0 || before.l_linger == 0) return;
  const linger off{};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept { *this = std::move(other); }

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    family_ = other.family_;
    blocking_ = other.blocking_;
    manner_ = other.manner_;
    signals_ = std::exchange(other.signals_, 0);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

int Descriptor::SetBlocking(bool blocking) {
  const int flags = fcntl(fd_, F_GETFL);
  if (flags < 0) return -errno;
  const int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (wanted != flags && fcntl(fd_, F_SETFL, wanted) < 0) return -errno;
  blocking_ = blocking;
  return 0;
}

void Descriptor::HoldSignals(uint64_t signals) {
  signals_ = signals;
  asyncore::HoldSignals(signals);
}

int Descriptor::Close() {
  int result = 0;
  const int fd = std::exchange(fd_, -1);
  if (fd >= 0) {
    // Of a file it is not known whether it is one.
    if (!blocking_ && family_ != AF_UNIX) DoNotLinger(fd);
    result = close(fd) < 0 && errno != EINTR ? -errno : 0;
  }
  // Also those of a signalfd that has lost its number: nobody reads them any more.
  if (signals_ != 0) {
    ReleaseSignals(std::exchange(signals_, 0));
    CatchEnds();
  }
  return result;
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

}  // namespace asyncore
