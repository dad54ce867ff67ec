// What the backends share: the monotonic clock, the time left until a deadline, and which failures
// of a wait are retried.
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "reactor/multiplex.h"

namespace asyncore {

int64_t MonotonicNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

int64_t TimeLeft(Deadline deadline, int64_t unit, int64_t most) {
  if (deadline == kNoWait) return 0;
  if (deadline == kForever) return most;
  const int64_t left = deadline - MonotonicNow();
  if (left <= 0) return 0;
  return std::min(most, (left - 1) / unit + 1);
}

bool Patience::Allows(int error) {
  constexpr int kMostRefusals = 20;
  // select() reports EBADF, and poll() then finds every fd open.
  if (error != ENOMEM && error != EBADF) return interruptions_.Allow(error);
  if (++refusals_ == kMostRefusals) return false;
  const timespec pause{0, 1000000};
  nanosleep(&pause, nullptr);
  return true;
}

}  // namespace asyncore
