// The descriptor by which a thread that sleeps in select() or poll() is woken: an eventfd on Linux,
// a pipe elsewhere.
#pragma once

#include "reactor/private_fd.h"

namespace asyncore {

class WakeUp {
 public:
  // Opens it, unless it is open and ours. 0 or -errno.
  int Open();
  void Close();

  // The descriptor to watch for input, -1 while there is none.
  int fd() const { return read_.get(); }

  // Makes fd() readable, from any thread.
  void Wake();
  void Drain();

 private:
  int write_fd() const { return write_.get() >= 0 ? write_.get() : read_.get(); }

  PrivateFd read_;
  PrivateFd write_;  // none where both ends are one
};

}  // namespace asyncore
