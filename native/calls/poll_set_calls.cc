// The calls on poll sets. Times are in seconds; Infinity waits forever. What is ready is written as
// pairs of slot and revents into an Int32Array of the caller's.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "calls/exports.h"

namespace asyncore {
namespace {

struct Backend {
  const char* name;  // of the constant that stands for it
  Multiplex wait;
};
constexpr Backend kBackends[] = {{"SELECT", &WaitWithSelect}, {"POLL", &WaitWithPoll}};
constexpr int32_t kBackendCount = sizeof kBackends / sizeof *kBackends;

Multiplex BackendAt(const Call& call, size_t index) {
  const int32_t number = call.Int(index);
  if (number < 0 || number >= kBackendCount) {
    throw Napi::RangeError::New(call.env(), "no such backend");
  }
  return kBackends[number].wait;
}

// The deadline that lies `seconds` ahead; rounded up, so that no wait ends early.
Deadline DeadlineIn(double seconds) {
  if (!(seconds > 0)) return kNoWait;
  const double nanoseconds = std::ceil(seconds * 1e9);
  // Beyond 2**62 ns (146 years), that is forever.
  if (nanoseconds >= 4.6e18) return kForever;
  return MonotonicNow() + static_cast<int64_t>(nanoseconds);
}

// newPollSet(): set
napi_value NewPollSet(Call& call) {
  Environment& environment = call.environment();
  auto set = std::make_unique<PollSet>(environment.waiter, environment.inline_sleep);
  return call.ReturnHandle(environment.poll_sets.Add(std::move(set)));
}

// closePollSet(set)
napi_value ClosePollSet(Call& call) {
  const Handle handle = call.HandleAt(0);
  if (call.environment().poll_sets.Find(handle) != nullptr) {
    call.environment().poll_sets.Remove(handle);
  }
  return call.Undefined();
}

// add(set, fd, order): slot
napi_value Add(Call& call) {
  PollSet& set = call.FindPollSet(0);
  return call.Return(static_cast<int32_t>(set.Add(call.Int(1), call.Number(2))));
}

uint32_t Slot(const Call& call, const PollSet& set) {
  const auto slot = static_cast<uint32_t>(call.Int(1));
  if (!set.Has(slot)) throw Napi::RangeError::New(call.env(), "no such slot");
  return slot;
}

// setEvents(set, slot, events): events -1 takes the slot out
napi_value SetEvents(Call& call) {
  PollSet& set = call.FindPollSet(0);
  set.SetEvents(Slot(call, set), static_cast<short>(call.Int(2)));
  return call.Undefined();
}

// remove(set, slot)
napi_value Remove(Call& call) {
  PollSet& set = call.FindPollSet(0);
  set.Remove(Slot(call, set));
  return call.Undefined();
}

// setParking(set, from): from Infinity on, nothing is parked
napi_value SetParking(Call& call) {
  const double from = call.Number(1);
  const bool on = std::isfinite(from);
  call.FindPollSet(0).SetParking(on, on ? static_cast<size_t>(std::max(from, 0.0)) : 0);
  return call.Undefined();
}

// Writes the events of the set's last wait into an array, as far as it has room; its number of them,
// or -errno as it is.
napi_value ReturnReady(const Call& call, const PollSet& set, int count, size_t index) {
  if (count <= 0) return call.Return(count);
  const Bytes room = call.View(index);
  auto* out = reinterpret_cast<int32_t*>(room.data);
  const size_t most = std::min<size_t>(set.ready().size(), room.size / (2 * sizeof *out));
  for (size_t i = 0; i < most; ++i) {
    *out++ = static_cast<int32_t>(set.ready()[i].slot);
    *out++ = set.ready()[i].revents;
  }
  return call.Return(static_cast<int32_t>(most));
}

// wait(set, backend, seconds, ready): events | -errno. Events for which `ready` has no room are
// reported again by the next wait.
napi_value Wait(Call& call) {
  PollSet& set = call.FindPollSet(0);
  return ReturnReady(call, set, set.Wait(BackendAt(call, 1), DeadlineIn(call.Number(2))), 3);
}

// armInline(set, backend, seconds, spin): 1 if this thread waits at its next sleep, 0 if it cannot
napi_value ArmInline(Call& call) {
  PollSet& set = call.FindPollSet(0);
  const Deadline deadline = DeadlineIn(call.Number(2));
  return call.Return(set.ArmInline(BackendAt(call, 1), deadline, call.Bool(3)) ? 1 : 0);
}

// slept(set, ready): events of that wait | -errno
napi_value Slept(Call& call) {
  return ReturnReady(call, call.FindPollSet(0), call.environment().inline_sleep.result(), 1);
}

// arm(set, backend, seconds): 0 | -errno
napi_value Arm(Call& call) {
  return call.Return(call.FindPollSet(0).Arm(BackendAt(call, 1), DeadlineIn(call.Number(2))));
}

// armed(set): 0 | 1
napi_value Armed(Call& call) { return call.Return(call.FindPollSet(0).Armed() ? 1 : 0); }

// disarm(set)
napi_value Disarm(Call& call) {
  call.FindPollSet(0).Disarm();
  return call.Undefined();
}

}  // namespace

void ExportPollSetCalls(Exports& exports) {
  for (int32_t number = 0; number < kBackendCount; ++number) {
    exports.AddConstant(kBackends[number].name, number);
  }
  exports.Add<NewPollSet>("newPollSet");
  exports.Add<ClosePollSet>("closePollSet");
  exports.Add<Add>("add");
  exports.Add<SetEvents>("setEvents");
  exports.Add<Remove>("remove");
  exports.Add<SetParking>("setParking");
  exports.Add<Wait>("wait");
  exports.Add<ArmInline>("armInline");
  exports.Add<Slept>("slept");
  exports.Add<Arm>("arm");
  exports.Add<Armed>("armed");
  exports.Add<Disarm>("disarm");
}

}  // namespace asyncore
