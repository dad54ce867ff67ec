// The monotonic clock and what is left of a deadline.
#include <time.h>

#include <algorithm>

#include "multiplex.h"

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

}  // namespace asyncore
