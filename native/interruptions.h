// The one rule for system calls that a signal interrupts (EINTR): such a call is made again, but
// not forever, because after very many interruptions the system is at fault.
#pragma once

#include <cerrno>

namespace asyncore {

// Counts the interruptions of one call.
class Interruptions {
 public:
  // Whether a call that failed with `error` is to be made again.
  bool Allow(int error) { return error == EINTR && ++count_ < kMost; }

 private:
  static constexpr int kMost = 1000000;
  int count_ = 0;
};

// Makes a system call until no signal interrupts it. Its result, or -errno.
template <typename SystemCall>
auto Uninterrupted(SystemCall call) -> decltype(call()) {
  for (Interruptions interruptions;;) {
    const auto result = call();
    if (result >= 0) return result;
    const int error = errno;
    if (!interruptions.Allow(error)) return -error;
  }
}

}  // namespace asyncore
