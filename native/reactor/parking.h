// Where slots are parked that have been idle for a while: one epoll instance, all of whose entries
// are one-shot, and whose descriptor is just one more entry of the select/poll set. It only says
// which parked slots fired; what is ready is still said by select() or poll() alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reactor/private_fd.h"

namespace asyncore {

class Parking {
 public:
  // The descriptor to watch for input, or -1 if nothing is parked or can be.
  int fd() const { return epoll_.get(); }
  // False if somebody has closed it, a descriptor that is not theirs.
  bool IsOurs() const { return epoll_.IsOurs(); }

  // What became of an attempt to park.
  enum class Outcome {
    kParked,
    kRefused,  // epoll will never take this file (a regular file, say)
    kFailed,   // not now: no memory, too many watches, no descriptor for the instance
  };
  // Parks `fd`, to be reported as `slot`. `entered` says whether the fd was parked before and not
  // removed since: its entry, disarmed if it has fired, is then still there.
  Outcome Park(int fd, uint32_t slot, short events, bool entered);

  // Removes the entry of `fd`, and the instance with the last one. Must come before the fd is
  // closed: epoll goes by the open file, which a duplicate keeps alive under the old slot number.
  void Remove(int fd);

  // Appends the slots that have fired since the last call, each at most once per Park(). False if
  // the instance is gone.
  bool Collect(std::vector<uint32_t>& slots);

  // Forgets all entries.
  void Close();

 private:
  PrivateFd epoll_;
  size_t entries_ = 0;
};

}  // namespace asyncore
