// Decides which slots of a set are parked, when, and when they come back. Parking pays only for
// what stays idle: a slot that comes back soon after it was parked must be idle for longer the next
// time, one that was parked for long is parked sooner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reactor/multiplex.h"
#include "reactor/packed_set.h"
#include "reactor/parking.h"

namespace asyncore {

class ParkingPolicy {
 public:
  explicit ParkingPolicy(PackedSet& set) : set_(set) {}

  // Parks slots while there are at least `least`; without parking every slot stays active.
  void Configure(bool on, size_t least);

  // The life of a slot. Add() comes after the set's, Remove() before it.
  void Add(uint32_t slot);
  void Remove(uint32_t slot);
  // The slot had an event.
  void Touch(uint32_t slot) { states_[slot].last = tick_; }
  // What is asked of the slot is about to change: it is active now, if it was parked.
  void BeforeChange(uint32_t slot);
  // Nothing is asked of the slot any more.
  void Forget(uint32_t slot);

  // The descriptor that is readable when something parked has fired; -1 while nothing is parked.
  int fd() const { return parked_ > 0 ? parking_.fd() : -1; }

  // Before and after each look at the set; `fired` says whether something parked had.
  void BeginLook() { ++tick_; }
  void EndLook(bool fired);
  // Before another thread waits.
  void BeginSleep();

  // Whether something parked is likely to have fired by the next look.
  bool ExpectsFired() const { return expects_fired_ && parked_ > 0; }
  // Activates the parked slots that have fired, at the end of the set's array. Whether there were
  // any.
  bool UnparkFired();

  // Parks up to `most` of the slots that have been idle for long enough.
  void ParkIdle(size_t most = SIZE_MAX);

 private:
  // At the beginning, a slot is parked after so many idle ticks.
  static constexpr uint8_t kFirstAge = 8;

  struct State {
    uint32_t last = 0;        // the tick of its last event, or of its last change of state
    uint8_t age = kFirstAge;  // the idle ticks after which it is parked
    bool parked = false;
    bool entered = false;     // epoll has an entry for it, armed or not
    bool unparkable = false;  // epoll refuses the file
  };

  bool TryPark(uint32_t slot);
  // The epoll instance is gone: nothing is parked any more.
  void Lose();
  // Now and then, activates the parked slots whose descriptors somebody has closed: epoll forgets
  // those.
  void UnparkClosed();
  void Unpark(uint32_t slot);

  PackedSet& set_;
  Parking parking_;
  std::vector<State> states_;  // by slot
  std::vector<uint32_t> fired_slots_;
  bool on_ = false;
  size_t least_ = 0;
  size_t parked_ = 0;
  uint32_t tick_ = 0;
  uint32_t next_check_ = 0;
  Deadline next_closed_check_ = 0;
  uint32_t next_slot_ = 0;  // for that check
  bool fired_ = false;      // in the last look
  bool expects_fired_ = false;
};

}  // namespace asyncore
