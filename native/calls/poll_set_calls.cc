// The calls on poll sets and on the turn of the event loop. Times are seconds; Infinity waits for
// ever. What is ready is written as pairs [slot, revents] into an Int32Array of the caller's.
#include <cerrno>
#include <cmath>
#include <memory>

#include "calls/exports.h"

namespace asyncore {
namespace {

// The addon's backends by number, as lib/system/native.ts knows them.
constexpr Multiplex kBackends[] = {&WaitWithSelect, &WaitWithPoll};

Multiplex Backend(const Call& call, size_t index) {
  const int32_t number = call.Int(index);
  if (number < 0 || number > 1) throw Napi::RangeError::New(call.env(), "no such backend");
  return kBackends[number];
}

// The deadline that lies `seconds` ahead; rounded up, so that no wait ends early.
Deadline DeadlineIn(double seconds) {
  if (!(seconds > 0)) return kNoWait;
  const double nanoseconds = std::ceil(seconds * 1e9);
  // Beyond 2**62 ns (146 years) it is for ever.
  if (nanoseconds >= 4.6e18) return kForever;
  return MonotonicNow() + static_cast<int64_t>(nanoseconds);
}

// newPollSet(): set
napi_value NewPollSet(Call& call) {
  Environment& environment = call.environment();
  return call.ReturnHandle(environment.poll_sets.Add(std::make_unique<PollSet>(environment)));
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

// wait(set, backend, seconds, ready): events | -errno. Events that `ready` has no room for are
// reported again by the next wait.
napi_value Wait(Call& call) {
  PollSet& set = call.FindPollSet(0);
  const int count = set.Wait(Backend(call, 1), DeadlineIn(call.Number(2)));
  if (count <= 0) return call.Return(count);
  const Bytes room = call.View(3);
  auto* out = reinterpret_cast<int32_t*>(room.data);
  const size_t most = std::min<size_t>(set.ready().size(), room.size / (2 * sizeof *out));
  for (size_t i = 0; i < most; ++i) {
    *out++ = static_cast<int32_t>(set.ready()[i].slot);
    *out++ = set.ready()[i].revents;
  }
  return call.Return(static_cast<int32_t>(most));
}

// arm(set, backend, seconds): 0 | -errno
napi_value Arm(Call& call) {
  return call.Return(call.FindPollSet(0).Arm(Backend(call, 1), DeadlineIn(call.Number(2))));
}

// armed(set): 0 | 1
napi_value Armed(Call& call) { return call.Return(call.FindPollSet(0).Armed() ? 1 : 0); }

// disarm(set)
napi_value Disarm(Call& call) {
  call.FindPollSet(0).Disarm();
  return call.Undefined();
}

// connectTurn(function, beforeSleep): whether the function is called before every sleep
napi_value ConnectTurn(Call& call) {
  const bool connected = call.environment().turn.Connect(call.Value(0), call.Bool(1));
  return call.Return(connected ? 1 : 0);
}

// startTurn(): 0 | -errno. The descriptor that a sleep needs is opened now: a program that runs out
// of descriptors later can then still sleep.
napi_value StartTurn(Call& call) {
  const int error = call.environment().IdleWaiter().Open();
  if (error == 0) call.environment().turn.Start();
  return call.Return(error);
}

// stopTurn()
napi_value StopTurn(Call& call) {
  call.environment().turn.Stop();
  return call.Undefined();
}

// stayAwake(on)
napi_value StayAwake(Call& call) {
  call.environment().turn.StayAwake(call.Bool(0));
  return call.Undefined();
}

}  // namespace

void ExportPollSetCalls(Exports& exports) {
  exports.Add<NewPollSet>("newPollSet");
  exports.Add<ClosePollSet>("closePollSet");
  exports.Add<Add>("add");
  exports.Add<SetEvents>("setEvents");
  exports.Add<Remove>("remove");
  exports.Add<SetParking>("setParking");
  exports.Add<Wait>("wait");
  exports.Add<Arm>("arm");
  exports.Add<Armed>("armed");
  exports.Add<Disarm>("disarm");
  exports.Add<ConnectTurn>("connectTurn");
  exports.Add<StartTurn>("startTurn");
  exports.Add<StopTurn>("stopTurn");
  exports.Add<StayAwake>("stayAwake");
}

}  // namespace asyncore
