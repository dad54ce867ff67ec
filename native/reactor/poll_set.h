// The descriptors of one channel map: a packed array of pollfd that every wait takes as it is,
// under stable slot numbers. A slot is hot (in the array), parked (asleep in epoll, see
// parking.h), or out (nothing is asked of it).
#pragma once

#include <cstdint>
#include <vector>

#include "reactor/multiplex.h"
#include "reactor/parking.h"

namespace asyncore {

class Environment;
class Waiter;

// An event of one wait.
struct Ready {
  uint32_t slot;
  int32_t revents;
};

class PollSet {
 public:
  explicit PollSet(Environment& environment);
  ~PollSet();
  PollSet(const PollSet&) = delete;
  PollSet& operator=(const PollSet&) = delete;

  // The events of a slot that nothing is asked of: it is not even watched for errors.
  static constexpr short kOut = -1;

  // A new slot for `fd`, out at first. Events are reported in the order of `order`.
  uint32_t Add(int fd, double order);
  void SetEvents(uint32_t slot, short events);
  // Frees the slot. Must come before the fd is closed.
  void Remove(uint32_t slot);
  bool Has(uint32_t slot) const { return slot < slots_.size() && slots_[slot].fd >= 0; }

  // Parks channels from `least` open ones on; without parking everything is watched directly.
  void SetParking(bool on, size_t least);

  // Waits on the calling thread. What is ready is then in ready(), in order. The number of events
  // or -errno.
  int Wait(Multiplex multiplex, Deadline deadline);
  const std::vector<Ready>& ready() const { return ready_; }

  // Has a waiter thread wait and report to the environment's turn; with a wait under way that
  // still covers all that is asked, does nothing. 0 or -errno.
  int Arm(Multiplex multiplex, Deadline deadline);
  void Disarm();
  // Whether a waiter waits for all that is asked.
  bool Armed();

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Slot {
    int fd = -1;
    short events = kOut;
    bool parked = false;
    bool entered = false;     // epoll has an entry for it, armed or not
    bool unparkable = false;  // epoll refused the file
    uint8_t age = 0;          // idle ticks until it is parked
    uint32_t hot = kNone;     // its place in hot_
    uint32_t last = 0;        // the tick of its last event, or of its return
    double order = 0;
  };

  void Heat(uint32_t slot);
  void Cool(uint32_t slot);
  void Promote(uint32_t slot);
  void ParkIdle(size_t most);
  bool TryPark(uint32_t slot);
  int Look(Multiplex multiplex, Deadline deadline);
  bool Unpark();
  int Confirm(Multiplex multiplex, size_t first);
  bool Waiting();
  void Report(size_t place);
  void SortReady();

  Environment& environment_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  // hot_[0] watches the parking's epoll instance (fd -1 while there is none).
  std::vector<pollfd> hot_;
  std::vector<uint32_t> hot_slots_;
  std::vector<Ready> ready_;
  std::vector<uint32_t> stirred_slots_;

  Parking parking_;
  bool parks_ = false;
  size_t park_from_ = 0;
  size_t open_ = 0;
  size_t parked_ = 0;
  uint32_t tick_ = 0;
  uint32_t next_check_ = 0;
  bool stirred_ = false;       // whether something parked stirred in the last look
  bool expects_stir_ = false;  // whether that is likely in the next

  Waiter* waiter_ = nullptr;
  bool stale_ = false;  // more is asked than the wait under way knows of
};

}  // namespace asyncore
