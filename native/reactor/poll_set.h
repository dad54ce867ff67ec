// The descriptors of one channel map, and the waits for them. Those that have been idle for a while
// are parked in epoll, whose descriptor is then one more entry of the set; what is ready is still
// said by select() or poll() alone. So a wait costs what is active, not what is open.
//
// The states of a slot, and of its one-shot entry in epoll:
//
//              SetEvents(events)              idle for its age: Park
//   +----------+ ----------> +--------------+ ----------> +-------------+
//   |   out    |             |    active    |             |   parked    |
//   | no entry | <---------- |  any entry   | <---------- | armed entry |
//   +----------+  SetEvents  +--------------+   Unpark    +-------------+
//     ^            (kOut)
//     |                      no entry:  never parked since it was out
//    Add                     disarmed:  came back because the entry fired
//                            armed:     came back because SetEvents changed it; should the entry
//                                       fire now, that is ignored
//
// A parked slot that is to be out becomes active on the way. Remove frees the slot, and removes its
// entry, in every state. packed_set.h holds the slots, parking_policy.h decides about parking,
// parking.h keeps the entries.
#pragma once

#include <cstdint>
#include <vector>

#include "reactor/inline_sleep.h"
#include "reactor/multiplex.h"
#include "reactor/packed_set.h"
#include "reactor/parking_policy.h"
#include "reactor/waiter.h"

namespace asyncore {

// An event of one wait.
struct Ready {
  uint32_t slot;
  int32_t revents;
};

class PollSet {
 public:
  PollSet(Waiter& waiter, InlineSleep& inline_sleep)
      : waiter_(waiter), inline_sleep_(inline_sleep), policy_(set_) {}
  ~PollSet() { Disarm(); }
  PollSet(const PollSet&) = delete;
  PollSet& operator=(const PollSet&) = delete;

  // A new slot for `fd`, out at first. Events are reported in the order of `order`.
  uint32_t Add(int fd, double order);
  // What is asked of the slot, as poll(2)'s events; PackedSet::kOut takes it out.
  void SetEvents(uint32_t slot, short events);
  // Frees the slot. Must come before the fd is closed.
  void Remove(uint32_t slot);
  bool Has(uint32_t slot) const { return set_.Has(slot); }

  // `fd` is about to be closed, whoever has it registered: what was seen of it is of no use to the
  // next file of that number.
  void ForgetSeen(int fd);

  // Parks idle slots while there are at least `least`; without parking all are watched directly.
  void SetParking(bool on, size_t least) { policy_.Configure(on, least); }

  // Waits on the calling thread. What is ready is then in ready(), in order. The number of events
  // or -errno.
  int Wait(Multiplex multiplex, Deadline deadline);
  const std::vector<Ready>& ready() const { return ready_; }
  // One wait with `guest` as one more entry, which is not reported: its revents is set. 0 also when
  // only the guest is ready, or something parked seemed to be.
  int LookBeside(pollfd* guest, Multiplex multiplex, Deadline deadline);

  // Has the JavaScript thread itself wait at its next sleep; false if it cannot.
  bool ArmInline(Multiplex multiplex, Deadline deadline, bool spin);

  // Has the waiter wait and report; does nothing while a wait is under way that still covers all
  // that is asked. 0 or -errno.
  int Arm(Multiplex multiplex, Deadline deadline);
  void Disarm();
  // Whether the waiter waits for all that is asked.
  bool Armed() { return !set_.AsksMore() && waiter_.Armed(wait_); }

 private:
  int Look(Multiplex multiplex, Deadline deadline, pollfd* guest = nullptr);
  void Report(size_t first, int count);
  void AddSeen();
  void SortReady();

  Waiter& waiter_;
  InlineSleep& inline_sleep_;
  PackedSet set_;
  ParkingPolicy policy_;
  std::vector<Ready> ready_;
  PendingWait wait_;
  bool may_have_seen_ = false;  // the waiter has waited since AddSeen() asked last
};

}  // namespace asyncore
