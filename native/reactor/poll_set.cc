// See poll_set.h.
#include "reactor/poll_set.h"

#include <time.h>

#include <algorithm>
#include <cerrno>

namespace asyncore {
namespace {

constexpr int64_t kBlindPause = 20000000;

// Waits a little without watching anything.
void PauseUntil(Deadline deadline) {
  const timespec pause{0, static_cast<long>(TimeLeft(deadline, 1, kBlindPause))};
  nanosleep(&pause, nullptr);
}

}  // namespace

uint32_t PollSet::Add(int fd, double order) {
  const uint32_t slot = set_.Add(fd, order);
  policy_.Add(slot);
  return slot;
}

void PollSet::SetEvents(uint32_t slot, short events) {
  if (set_.events(slot) == events) return;
  policy_.BeforeChange(slot);
  set_.SetEvents(slot, events);
  if (events == PackedSet::kOut) policy_.Forget(slot);
}

void PollSet::Remove(uint32_t slot) {
  policy_.Remove(slot);
  set_.Remove(slot);
}

int PollSet::Wait(Multiplex multiplex, Deadline deadline) {
  for (;;) {
    if (deadline != kNoWait) policy_.ParkIdle();
    int count = Look(multiplex, deadline);
    // More entries than descriptors may be open: they can be looked at, but not be waited for.
    if (count == -EINVAL && deadline != kNoWait) {
      count = Look(multiplex, kNoWait);
      if (count == 0) PauseUntil(deadline);
    }
    if (count != 0 || deadline == kNoWait) return count;
    if (deadline != kForever && MonotonicNow() >= deadline) return 0;
    // Something parked fired, and the reason was gone when we looked: wait on.
  }
}

int PollSet::LookBeside(pollfd* guest, Multiplex multiplex, Deadline deadline) {
  if (deadline != kNoWait) policy_.BeginSleep();
  return Look(multiplex, deadline, guest);
}

int PollSet::Look(Multiplex multiplex, Deadline deadline, pollfd* guest) {
  ready_.clear();
  policy_.BeginLook();
  // Where something parked has probably fired, asking for it first makes one look of two.
  const bool ahead = deadline == kNoWait && policy_.ExpectsFired();
  bool fired = ahead && policy_.UnparkFired();
  std::vector<pollfd>& entries = set_.entries();
  entries[0] = {ahead ? -1 : policy_.fd(), POLLIN, 0};
  const size_t looked = entries.size();
  if (guest != nullptr) entries.push_back(*guest);
  // The system waits for no more entries than descriptors may be open: one without a use is left
  // out.
  const size_t first = entries[0].fd < 0 ? 1 : 0;
  int count = multiplex(entries.data() + first, entries.size() - first, deadline);
  if (guest != nullptr) {
    guest->revents = count > 0 ? entries.back().revents : short{0};
    if (guest->revents != 0) --count;
    entries.pop_back();
  }
  if (count < 0) return count;
  const bool fires = entries[0].revents != 0;
  Report(1, fires ? count - 1 : count);
  if (fires && policy_.UnparkFired()) {
    // What epoll says is no event yet: select/poll is asked about the slots that came back.
    count = multiplex(&entries[looked], entries.size() - looked, kNoWait);
    if (count < 0) return count;
    Report(looked, count);
  }
  AddSeen();
  SortReady();
  policy_.EndLook(fired || fires);
  return static_cast<int>(ready_.size());
}

// Adds the `count` events of the entries from `first` on.
void PollSet::Report(size_t first, int count) {
  const std::vector<pollfd>& entries = set_.entries();
  for (size_t place = first; count > 0 && place < entries.size(); ++place) {
    if (entries[place].revents == 0) continue;
    const uint32_t slot = set_.SlotAt(place);
    policy_.Touch(slot);
    ready_.push_back({slot, entries[place].revents});
    --count;
  }
}

void PollSet::SortReady() {
  const auto before = [this](const Ready& a, const Ready& b) {
    return set_.order(a.slot) < set_.order(b.slot);
  };
  if (!std::is_sorted(ready_.begin(), ready_.end(), before)) {
    std::sort(ready_.begin(), ready_.end(), before);
  }
}

int PollSet::Arm(Multiplex multiplex, Deadline deadline) {
  if (Armed()) return 0;
  policy_.BeginSleep();
  set_.entries()[0].fd = policy_.fd();
  set_.Settle();
  may_have_seen_ = true;
  // With something parked, it is begun anew then: ParkingPolicy::BeginSleep() looks whose epoll is.
  if (policy_.fd() >= 0) deadline = std::min(deadline, MonotonicNow() + kLongestSleep);
  return waiter_.Arm(wait_, [&](PendingWait& wait) {
    wait.entries = set_.entries();
    wait.slots = set_.slots();
    wait.stamp = set_.stamp();
    wait.multiplex = multiplex;
    wait.deadline = deadline;
  });
}

bool PollSet::ArmInline(Multiplex multiplex, Deadline deadline, bool spin) {
  return inline_sleep_.Ask(*this, multiplex, deadline, spin);
}

void PollSet::Disarm() {
  waiter_.Disarm(wait_);
  inline_sleep_.Withdraw(*this);
}

void PollSet::ForgetSeen(int fd) {
  if (!may_have_seen_) return;
  waiter_.ForgetSeen(wait_, [&](uint32_t slot) { return set_.Has(slot) && set_.fd(slot) == fd; });
}

// Adds the conditions that only the waiter has seen: the system tells some only once. They are
// dropped if the slot has changed since.
void PollSet::AddSeen() {
  if (!may_have_seen_) return;
  may_have_seen_ = waiter_.Armed(wait_);
  for (const Seen& seen : waiter_.TakeSeen(wait_)) {
    if (!set_.Has(seen.slot) || set_.changed(seen.slot) > seen.stamp) continue;
    const auto same = [&seen](const Ready& ready) { return ready.slot == seen.slot; };
    const auto found = std::find_if(ready_.begin(), ready_.end(), same);
    if (found == ready_.end()) {
      ready_.push_back({seen.slot, seen.revents});
    } else {
      found->revents |= seen.revents;
    }
  }
}

}  // namespace asyncore
