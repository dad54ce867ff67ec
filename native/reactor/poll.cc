// The poll(2) backend of the seam.
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "reactor/multiplex.h"

namespace asyncore {
namespace {

// The system takes no more entries than descriptors may be open. Where the limit was lowered since
// they were opened, they are looked at a few at a time.
int LookInPieces(pollfd* entries, size_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur == 0 || limit.rlim_cur >= count) return -EINVAL;
  const size_t most = limit.rlim_cur;
  int ready = 0;
  for (size_t at = 0; at < count; at += most) {
    const int found = WaitWithPoll(entries + at, std::min(most, count - at), kNoWait);
    if (found < 0) return found;
    ready += found;
  }
  return ready;
}

}  // namespace

int WaitWithPoll(pollfd* entries, size_t count, Deadline deadline) {
  for (Patience patience;;) {
    // -1 only for kForever: a finite wait of more than INT_MAX ms is taken in pieces.
    const int timeout =
        deadline == kForever ? -1 : static_cast<int>(TimeLeft(deadline, 1000000, INT_MAX));
    const int ready = poll(entries, count, timeout);
    if (ready > 0) return ready;
    if (ready < 0) {
      const int error = errno;
      if (error == EINVAL && deadline == kNoWait) return LookInPieces(entries, count);
      if (!patience.Allows(error)) return -error;
    } else if (timeout == 0) {
      return 0;
    }
  }
}

}  // namespace asyncore
