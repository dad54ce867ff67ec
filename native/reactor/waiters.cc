// See waiters.h.
#include "reactor/waiters.h"

namespace asyncore {

Waiter& Waiters::Idle() {
  for (const auto& waiter : waiters_)
    if (!waiter->Busy()) return *waiter;
  waiters_.push_back(std::make_unique<Waiter>(report_, data_));
  return *waiters_.back();
}

void Waiters::Leave(int fd) {
  for (const auto& waiter : waiters_)
    if (waiter->Watches(fd)) waiter->Disarm();
}

void Waiters::Stop() {
  for (const auto& waiter : waiters_) waiter->Stop();
}

}  // namespace asyncore
