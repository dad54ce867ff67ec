// Descriptors under stable slot numbers. The active ones stand side by side in an array of pollfd
// that a wait takes as it is; what makes a slot active or not is decided elsewhere (poll_set.h).
#pragma once

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace asyncore {

class PackedSet {
 public:
  // The events of a slot of which nothing is asked: it is not even watched for errors.
  static constexpr short kOut = -1;

  PackedSet();

  // A new slot for `fd`, out at first. `order` is that of its events among others.
  uint32_t Add(int fd, double order);
  void Remove(uint32_t slot);
  bool Has(uint32_t slot) const { return slot < slots_.size() && slots_[slot].fd >= 0; }
  // The number of slots in use.
  size_t size() const { return slots_.size() - free_.size(); }

  int fd(uint32_t slot) const { return slots_[slot].fd; }
  short events(uint32_t slot) const { return slots_[slot].events; }
  double order(uint32_t slot) const { return slots_[slot].order; }

  // Changes what is asked of a slot; it is active from then on, or not if it is out.
  void SetEvents(uint32_t slot, short events);
  // Puts a slot into the array, or takes it out while its events are kept.
  void Activate(uint32_t slot);
  void Deactivate(uint32_t slot);

  // The array. Its first entry is no slot's: it is for a descriptor that the caller wants watched
  // along with the others.
  std::vector<pollfd>& entries() { return entries_; }
  uint32_t SlotAt(size_t place) const { return slot_at_[place]; }
  const std::vector<uint32_t>& slots() const { return slot_at_; }

  // Counts the changes of what is asked, and says when the last one of a slot was.
  uint64_t stamp() const { return stamp_; }
  uint64_t changed(uint32_t slot) const { return slots_[slot].changed; }

  // Whether more is asked than when this was last settled.
  bool AsksMore() const { return asks_more_; }
  void Settle() { asks_more_ = false; }

 private:
  static constexpr uint32_t kNowhere = UINT32_MAX;

  struct Slot {
    int fd = -1;
    short events = kOut;
    uint32_t place = kNowhere;  // in entries_
    double order = 0;
    uint64_t changed = 0;  // the stamp of its last change
  };

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<pollfd> entries_;
  std::vector<uint32_t> slot_at_;  // by place
  bool asks_more_ = false;
  uint64_t stamp_ = 0;
};

}  // namespace asyncore
