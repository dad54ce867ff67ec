// The poll(2) backend of the seam.
#include <poll.h>

#include <cerrno>
#include <climits>

#include "reactor/multiplex.h"

namespace asyncore {

int WaitWithPoll(pollfd* entries, size_t count, Deadline deadline) {
  for (Patience patience;;) {
    // -1 only for kForever: a finite wait of more than INT_MAX ms is taken in pieces.
    const int timeout =
        deadline == kForever ? -1 : static_cast<int>(TimeLeft(deadline, 1000000, INT_MAX));
    const int ready = poll(entries, count, timeout);
    if (ready > 0) return ready;
    if (ready < 0) {
      const int error = errno;
      if (!patience.Allows(error)) return -error;
    } else if (timeout == 0) {
      return 0;
    }
  }
}

}  // namespace asyncore
