// The waiter threads of one environment. A program whose waits do not overlap needs only one.
#pragma once

#include <memory>
#include <vector>

#include "reactor/waiter.h"

namespace asyncore {

class Waiters {
 public:
  // `report` is called with `data`, on the waiter's thread, each time a wait ends.
  Waiters(Waiter::Report report, void* data) : report_(report), data_(data) {}
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  // A waiter that is not busy, made if need be.
  Waiter& Idle();

  // Ends every wait that includes `fd`, and returns when the threads have left it. Must come before
  // the fd is closed: its number must not be reused under the poller, and the peer must see the end
  // at once.
  void Leave(int fd);

  // Ends all waits and joins the threads.
  void Stop();

 private:
  const Waiter::Report report_;
  void* const data_;
  std::vector<std::unique_ptr<Waiter>> waiters_;
};

}  // namespace asyncore
