// The seam between the reactor and the system's wait calls.
//
// The contract: given `count` entries in the shape of poll(2)'s struct pollfd and a deadline on
// the monotonic clock, wait until at least one entry is ready or the deadline has passed, and
// fill every entry's `revents`.
//   - An entry whose fd is negative is skipped; its revents becomes 0.
//   - `events` is any of POLLIN, POLLOUT, POLLPRI (and whatever else the backend knows).
//   - An fd that is not open never fails the call: its revents becomes POLLNVAL.
//   - A signal does not end the wait; a wait never ends before its deadline and never turns
//     into a busy loop because a remainder was rounded down.
//   - More entries than descriptors may be open can be looked at (no time to wait), but a wait for
//     them may be -EINVAL.
//   - The return value is the number of entries whose revents is not 0, or 0 when the deadline has
//     passed, or a negative errno when the system refuses to wait at all.
// A backend is one function of this shape in a file of its own; it keeps no state between calls
// that a second thread could see.
#pragma once

#include <poll.h>

#include <cstddef>
#include <cstdint>

#include "interruptions.h"

namespace asyncore {

// A point on CLOCK_MONOTONIC in nanoseconds, or one of the two constants.
using Deadline = int64_t;
constexpr Deadline kNoWait = 0;
constexpr Deadline kForever = INT64_MAX;

// Nanoseconds. No sleep lasts longer: what others do to a descriptor meanwhile (close it, give its
// number to another file) is noticed between sleeps only.
constexpr int64_t kLongestSleep = 1000000000;

using Multiplex = int (*)(pollfd* entries, size_t count, Deadline deadline);

int WaitWithPoll(pollfd* entries, size_t count, Deadline deadline);
int WaitWithSelect(pollfd* entries, size_t count, Deadline deadline);

// Nanoseconds on CLOCK_MONOTONIC.
int64_t MonotonicNow();

// The time left until `deadline` in units of `unit` nanoseconds, rounded up, from 0 to `most`.
int64_t TimeLeft(Deadline deadline, int64_t unit, int64_t most);

// Decides which failures of one wait are retried: interruptions by signals, and a kernel that is
// short of memory for a moment, which is given some milliseconds.
class Patience {
 public:
  // Whether a wait that failed with `error` is to be tried again.
  bool Allows(int error);

 private:
  Interruptions interruptions_;
  int refusals_ = 0;
};

}  // namespace asyncore
