// A call that never blocks on a descriptor whose O_NONBLOCK others may have cleared: nothing is
// called unless it is ready, and the flag is set for the one call.
#pragma once

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <mutex>

namespace asyncore {

// Sets O_NONBLOCK where it is not set, for as long as it lives.
class NonBlockingNow {
 public:
  explicit NonBlockingNow(int fd) : lock_(Mutex()), fd_(fd), before_(fcntl(fd, F_GETFL)) {
    if (borrowed()) fcntl(fd_, F_SETFL, before_ | O_NONBLOCK);
  }
  ~NonBlockingNow() {
    if (borrowed()) fcntl(fd_, F_SETFL, before_);
  }
  NonBlockingNow(const NonBlockingNow&) = delete;
  NonBlockingNow& operator=(const NonBlockingNow&) = delete;

  bool borrowed() const { return before_ >= 0 && (before_ & O_NONBLOCK) == 0; }

 private:
  // Threads that share an open file must not take the flag from under each other.
  static std::mutex& Mutex() {
    static std::mutex mutex;
    return mutex;
  }

  const std::lock_guard<std::mutex> lock_;
  const int fd_;
  const int before_;
};

// The result of `call`, which needs nothing but the flag.
template <typename Call>
int WithoutBlocking(int fd, Call call) {
  const NonBlockingNow now(fd);
  return call();
}

// The result of `call`, or -EAGAIN. `events` is what makes the call possible.
template <typename Call>
int NeverBlocking(int fd, short events, Call call) {
  const NonBlockingNow now(fd);
  if (now.borrowed()) {
    pollfd entry{fd, events, 0};
    if (poll(&entry, 1, 0) == 0) return -EAGAIN;
  }
  return call();
}

}  // namespace asyncore
