// A table that hands out handles instead of pointers or fd numbers. A handle is a slot number and
// the slot's generation in one integer that JavaScript can hold exactly; a stale, forged or
// foreign handle finds nothing, so it can never reach another owner's object.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace asyncore {

using Handle = uint64_t;

template <typename T>
class Table {
 public:
  // Gets the memory for `count` more, so that to add them cannot fail.
  void Reserve(size_t count) {
    const size_t wanted = entries_.size() + count - std::min(count, free_.size());
    const size_t room = entries_.capacity();
    if (wanted > room) entries_.reserve(std::max(wanted, 2 * room));
  }

  Handle Add(T value) {
    uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<uint32_t>(entries_.size());
      entries_.push_back({std::move(value), 1, true});
    } else {
      slot = free_.back();
      free_.pop_back();
      entries_[slot].value = std::move(value);
      entries_[slot].used = true;
    }
    return uint64_t{entries_[slot].generation} << kSlotBits | slot;
  }

  // The object of `handle`, or null. The pointer is good until the table changes.
  T* Find(Handle handle) {
    const uint64_t slot = handle & (kMostSlots - 1);
    if (slot >= entries_.size()) return nullptr;
    Entry& entry = entries_[slot];
    return entry.used && entry.generation == handle >> kSlotBits ? &entry.value : nullptr;
  }

  // Takes the object out; its handle is dead from now on. The handle must be alive.
  T Remove(Handle handle) {
    const auto slot = static_cast<uint32_t>(handle & (kMostSlots - 1));
    Entry& entry = entries_[slot];
    entry.used = false;
    entry.generation = entry.generation == kLastGeneration ? 1 : entry.generation + 1;
    free_.push_back(slot);
    return std::move(entry.value);
  }

  template <typename Visit>
  void ForEach(Visit visit) {
    for (Entry& entry : entries_)
      if (entry.used) visit(entry.value);
  }

  void Clear() {
    entries_.clear();
    free_.clear();
  }

 private:
  // 24 + 28 bits: every handle is an integer below 2**53, which a JavaScript number holds exactly.
  static constexpr int kSlotBits = 24;
  static constexpr uint64_t kMostSlots = uint64_t{1} << kSlotBits;
  static constexpr uint32_t kLastGeneration = (uint32_t{1} << 28) - 1;

  struct Entry {
    T value;
    uint32_t generation;
    bool used;
  };

  std::vector<Entry> entries_;
  std::vector<uint32_t> free_;
};

}  // namespace asyncore
