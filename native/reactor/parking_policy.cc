// See parking_policy.h.
#include "reactor/parking_policy.h"

#include <fcntl.h>

#include <algorithm>

namespace asyncore {
namespace {

// The policy's clock counts ticks: one for a look, more for a sleep, which costs two scans in
// another thread. The figures were measured: to park a slot and bring it back costs about as much
// as six looks with one idle entry more.
constexpr uint32_t kTicksOfSleep = 4;
constexpr uint32_t kCheckEvery = 2;
constexpr uint8_t kLeastAge = 2;
constexpr uint8_t kMostAge = 64;
// A slot that fires this soon after it was parked should not have been.
constexpr uint32_t kMistake = 16;
// With so few active slots there is nothing worth saving.
constexpr size_t kFewActive = 4;
// Parking the 5,000 new connections of a busy server in one look would stall it for 5 ms.
constexpr size_t kMostPerLook = 256;
// How often it is looked for closed descriptors (nanoseconds), and at how many slots: less
// than a thousandth of the time.
constexpr int64_t kClosedCheckEvery = 500000000;
constexpr size_t kMostPerClosedCheck = 1024;

}  // namespace

void ParkingPolicy::Configure(bool on, size_t least) {
  on_ = on;
  least_ = least;
  if (on || parked_ == 0) return;
  for (uint32_t slot = 0; slot < states_.size(); ++slot)
    if (states_[slot].parked) Unpark(slot);
}

void ParkingPolicy::Add(uint32_t slot) {
  if (slot >= states_.size()) states_.resize(slot + 1);
  states_[slot] = State();
}

void ParkingPolicy::Remove(uint32_t slot) {
  Forget(slot);
  if (states_[slot].parked) --parked_;
  states_[slot].parked = false;
}

void ParkingPolicy::BeforeChange(uint32_t slot) {
  // The armed entry that is left may still fire once; that is ignored, because the slot is not
  // parked any more.
  if (states_[slot].parked) Unpark(slot);
  Touch(slot);
}

void ParkingPolicy::Forget(uint32_t slot) {
  // Errors and hang-ups cannot be masked: an entry that is not wanted must go.
  if (states_[slot].entered) parking_.Remove(set_.fd(slot));
  states_[slot].entered = false;
}

void ParkingPolicy::EndLook(bool fired) {
  expects_fired_ = fired && fired_;
  fired_ = fired;
  if (tick_ >= next_check_) ParkIdle(kMostPerLook);
}

void ParkingPolicy::BeginSleep() {
  tick_ += kTicksOfSleep;
  // Without the epoll instance, nothing would ever wake what is parked.
  if (parked_ > 0 && !parking_.IsOurs()) Lose();
  ParkIdle();
  // Most of what ends a sleep was parked.
  expects_fired_ = true;
}

void ParkingPolicy::Lose() {
  Configure(false, 0);
  parking_.Close();
  for (State& state : states_) state.entered = false;
}

bool ParkingPolicy::UnparkFired() {
  const size_t before = set_.entries().size();
  fired_slots_.clear();
  if (!parking_.Collect(fired_slots_)) Lose();
  for (const uint32_t slot : fired_slots_) {
    if (!set_.Has(slot) || !states_[slot].parked) continue;
    State& state = states_[slot];
    const bool mistake = tick_ - state.last < kMistake;
    state.age = mistake ? static_cast<uint8_t>(std::min<int>(state.age * 2, kMostAge))
                        : std::max<uint8_t>(state.age / 2, kLeastAge);
    Unpark(slot);
  }
  return set_.entries().size() > before;
}

void ParkingPolicy::ParkIdle(size_t most) {
  next_check_ = tick_ + kCheckEvery;
  UnparkClosed();
  if (!on_ || set_.size() < least_) return;
  const size_t few = std::min(kFewActive, least_);
  const auto active = [this] { return set_.entries().size() - 1; };
  // Backwards, because parking moves the last entry into the gap.
  for (size_t place = active(); place > 0 && active() > few && most > 0; --place) {
    const uint32_t slot = set_.SlotAt(place);
    const State& state = states_[slot];
    if (tick_ - state.last >= state.age && !state.unparkable && TryPark(slot)) --most;
  }
}

void ParkingPolicy::UnparkClosed() {
  if (parked_ == 0) return;
  const Deadline now = MonotonicNow();
  if (now < next_closed_check_) return;
  next_closed_check_ = now + kClosedCheckEvery;
  for (size_t left = std::min(states_.size(), kMostPerClosedCheck); left > 0; --left) {
    if (++next_slot_ >= states_.size()) next_slot_ = 0;
    if (states_[next_slot_].parked && fcntl(set_.fd(next_slot_), F_GETFD) < 0) Unpark(next_slot_);
  }
}

bool ParkingPolicy::TryPark(uint32_t slot) {
  State& state = states_[slot];
  const auto outcome = parking_.Park(set_.fd(slot), slot, set_.events(slot), state.entered);
  state.last = tick_;  // if it was not parked, the next attempt is not made at once
  if (outcome != Parking::Outcome::kParked) {
    state.unparkable = outcome == Parking::Outcome::kRefused;
    return false;
  }
  state.entered = true;
  state.parked = true;
  ++parked_;
  set_.Deactivate(slot);
  return true;
}

void ParkingPolicy::Unpark(uint32_t slot) {
  states_[slot].parked = false;
  --parked_;
  Touch(slot);
  set_.Activate(slot);
}

}  // namespace asyncore
