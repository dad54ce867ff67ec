// See packed_set.h.
#include "reactor/packed_set.h"

namespace asyncore {

PackedSet::PackedSet() {
  entries_.push_back({-1, POLLIN, 0});
  slot_at_.push_back(kNowhere);
}

uint32_t PackedSet::Add(int fd, double order) {
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
  slot.changed = ++stamp_;
  return number;
}

void PackedSet::Remove(uint32_t number) {
  Deactivate(number);
  slots_[number].fd = -1;
  free_.push_back(number);
}

void PackedSet::SetEvents(uint32_t number, short events) {
  Slot& slot = slots_[number];
  slot.events = events;
  slot.changed = ++stamp_;
  if (events == kOut) {
    Deactivate(number);
  } else if (slot.place == kNowhere) {
    Activate(number);
  } else {
    entries_[slot.place].events = events;
    asks_more_ = true;
  }
}

void PackedSet::Activate(uint32_t number) {
  Slot& slot = slots_[number];
  slot.place = static_cast<uint32_t>(entries_.size());
  entries_.push_back({slot.fd, slot.events, 0});
  slot_at_.push_back(number);
  asks_more_ = true;
}

void PackedSet::Deactivate(uint32_t number) {
  const uint32_t place = slots_[number].place;
  if (place == kNowhere) return;
  // The last entry moves into the gap.
  entries_[place] = entries_.back();
  slot_at_[place] = slot_at_.back();
  slots_[slot_at_[place]].place = place;
  entries_.pop_back();
  slot_at_.pop_back();
  slots_[number].place = kNowhere;
}

}  // namespace asyncore
