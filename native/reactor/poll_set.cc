// See poll_set.h.
#include "reactor/poll_set.h"

#include <algorithm>

#include "environment.h"

namespace asyncore {
namespace {

// The clock of parking is the tick: one for a look, more for a sleep, which costs two scans in
// another thread. The figures were measured: parking and returning cost about as much as six
// passes with one idle entry more.
constexpr uint32_t kTicksOfSleep = 4;
constexpr uint32_t kCheckEvery = 2;
constexpr uint8_t kFirstAge = 8;
constexpr uint8_t kLeastAge = 2;
constexpr uint8_t kMostAge = 64;
// A channel that stirs this soon after it was parked should not have been.
constexpr uint32_t kMistake = 16;
// With so few hot entries a look costs nothing worth saving.
constexpr size_t kFewHot = 4;
// Parking a busy server's 5,000 new channels in one pass would stall it for 5 ms.
constexpr size_t kMostPerLook = 256;

}  // namespace

PollSet::PollSet(Environment& environment) : environment_(environment) {
  hot_.push_back({-1, POLLIN, 0});
  hot_slots_.push_back(kNone);
}

PollSet::~PollSet() { Disarm(); }

uint32_t PollSet::Add(int fd, double order) {
  uint32_t number;
  if (free_.empty()) {
    number = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[number];
  slot = Slot();
  slot.fd = fd;
  slot.order = order;
  slot.age = kFirstAge;
  ++open_;
  return number;
}

void PollSet::SetEvents(uint32_t number, short events) {
  Slot& slot = slots_[number];
  if (slot.events == events) return;
  // A parked channel whose interest changes comes back; its armed entry may still fire once and
  // is dropped then, because the slot is not parked any more.
  if (slot.parked) Promote(number);
  slot.events = events;
  slot.last = tick_;
  if (events == kOut) {
    Cool(number);
    // Errors and hang-ups cannot be masked: an entry that is not wanted must go.
    if (slot.entered) parking_.Remove(slot.fd);
    slot.entered = false;
  } else if (slot.hot == kNone) {
    Heat(number);
  } else {
    hot_[slot.hot].events = events;
    stale_ = true;
  }
}

void PollSet::Remove(uint32_t number) {
  Slot& slot = slots_[number];
  if (slot.entered) parking_.Remove(slot.fd);
  if (slot.parked) --parked_;
  Cool(number);
  slot.fd = -1;
  slot.parked = false;
  free_.push_back(number);
  --open_;
}

void PollSet::SetParking(bool on, size_t least) {
  parks_ = on;
  park_from_ = least;
  if (on || parked_ == 0) return;
  for (uint32_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].parked) Promote(i);
}

int PollSet::Wait(Multiplex multiplex, Deadline deadline) {
  for (;;) {
    if (deadline != kNoWait) ParkIdle(SIZE_MAX);
    const int count = Look(multiplex, deadline);
    if (count != 0 || deadline == kNoWait) return count;
    if (deadline != kForever && MonotonicNow() >= deadline) return 0;
    // A parked channel stirred and its stir was gone when we looked: wait on.
  }
}

int PollSet::Look(Multiplex multiplex, Deadline deadline) {
  ready_.clear();
  ++tick_;
  // Where a stir is likely, asking for it first makes one look of two.
  const bool ahead = expects_stir_ && parked_ > 0 && deadline == kNoWait;
  bool stirred = ahead && Unpark();
  hot_[0].fd = parked_ > 0 && !ahead ? parking_.fd() : -1;
  int left = multiplex(hot_.data(), hot_.size(), deadline);
  if (left < 0) return left;
  if (hot_[0].revents != 0) {
    stirred = true;
    --left;
  }
  const size_t looked = hot_.size();
  for (size_t place = 1; left > 0 && place < looked; ++place) {
    if (hot_[place].revents == 0) continue;
    Report(place);
    --left;
  }
  if (hot_[0].revents != 0 && Unpark()) {
    if (const int error = Confirm(multiplex, looked); error < 0) return error;
  }
  expects_stir_ = stirred && stirred_;
  stirred_ = stirred;
  SortReady();
  if (tick_ >= next_check_) ParkIdle(kMostPerLook);
  return static_cast<int>(ready_.size());
}

// Brings the parked slots that stirred back, to the end of the array. Whether there were any.
bool PollSet::Unpark() {
  const size_t before = hot_.size();
  stirred_slots_.clear();
  // Without the instance nobody would ever wake who is parked.
  if (!parking_.Collect(stirred_slots_)) SetParking(false, 0);
  for (const uint32_t number : stirred_slots_) {
    if (!Has(number) || !slots_[number].parked) continue;
    Slot& slot = slots_[number];
    const bool mistake = tick_ - slot.last < kMistake;
    slot.age = mistake ? static_cast<uint8_t>(std::min<int>(slot.age * 2, kMostAge))
                       : std::max<uint8_t>(slot.age / 2, kLeastAge);
    Promote(number);
  }
  return hot_.size() > before;
}

// Asks select/poll about the entries from `first` on alone, which have just come back.
int PollSet::Confirm(Multiplex multiplex, size_t first) {
  const int count = multiplex(&hot_[first], hot_.size() - first, kNoWait);
  if (count <= 0) return count;
  for (size_t place = first; place < hot_.size(); ++place)
    if (hot_[place].revents != 0) Report(place);
  return count;
}

void PollSet::Report(size_t place) {
  const uint32_t number = hot_slots_[place];
  slots_[number].last = tick_;
  ready_.push_back({number, hot_[place].revents});
}

void PollSet::SortReady() {
  const auto before = [this](const Ready& a, const Ready& b) {
    return slots_[a.slot].order < slots_[b.slot].order;
  };
  if (!std::is_sorted(ready_.begin(), ready_.end(), before)) {
    std::sort(ready_.begin(), ready_.end(), before);
  }
}

void PollSet::Heat(uint32_t number) {
  Slot& slot = slots_[number];
  slot.hot = static_cast<uint32_t>(hot_.size());
  slot.last = tick_;
  hot_.push_back({slot.fd, slot.events, 0});
  hot_slots_.push_back(number);
  stale_ = true;
}

void PollSet::Cool(uint32_t number) {
  const uint32_t place = slots_[number].hot;
  if (place == kNone) return;
  hot_[place] = hot_.back();
  hot_slots_[place] = hot_slots_.back();
  slots_[hot_slots_[place]].hot = place;
  hot_.pop_back();
  hot_slots_.pop_back();
  slots_[number].hot = kNone;
}

void PollSet::Promote(uint32_t number) {
  slots_[number].parked = false;
  --parked_;
  Heat(number);
}

void PollSet::ParkIdle(size_t most) {
  next_check_ = tick_ + kCheckEvery;
  if (!parks_ || open_ < park_from_) return;
  const size_t few = std::min(kFewHot, park_from_);
  // Backwards, because parking moves the last entry into the gap.
  for (size_t place = hot_.size() - 1; place > 0 && hot_.size() - 1 > few && most > 0; --place) {
    const uint32_t number = hot_slots_[place];
    const Slot& slot = slots_[number];
    if (tick_ - slot.last >= slot.age && !slot.unparkable && TryPark(number)) --most;
  }
}

bool PollSet::TryPark(uint32_t number) {
  Slot& slot = slots_[number];
  const auto outcome = parking_.Park(slot.fd, number, slot.events, slot.entered);
  if (outcome != Parking::Outcome::kParked) {
    slot.unparkable = outcome == Parking::Outcome::kRefused;
    slot.last = tick_;  // not to be tried again at once
    return false;
  }
  slot.entered = true;
  slot.parked = true;
  slot.last = tick_;
  ++parked_;
  Cool(number);
  return true;
}

int PollSet::Arm(Multiplex multiplex, Deadline deadline) {
  if (Armed()) return 0;
  Disarm();
  tick_ += kTicksOfSleep;
  ParkIdle(SIZE_MAX);
  hot_[0].fd = parked_ > 0 ? parking_.fd() : -1;
  Waiter& waiter = environment_.IdleWaiter();
  const int error = waiter.Arm(this, hot_, multiplex, deadline);
  if (error == 0) waiter_ = &waiter;
  stale_ = false;
  // Most of what ends a sleep was parked.
  expects_stir_ = true;
  return error;
}

void PollSet::Disarm() {
  if (Waiting()) waiter_->Disarm();
  waiter_ = nullptr;
}

bool PollSet::Armed() { return !stale_ && Waiting(); }

bool PollSet::Waiting() {
  // A waiter whose wait is over may be another set's by now.
  return waiter_ != nullptr && waiter_->BusyFor(this);
}

}  // namespace asyncore
