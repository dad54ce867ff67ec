// The calls on the turn that the reactor takes in the event loop (turn.h), and its clock.
#include "calls/exports.h"

namespace asyncore {
namespace {

// connectTurn(function, woke, underNode): the place of turn.h as a number
napi_value ConnectTurn(Call& call) {
  const Turn::Place place =
      call.environment().turn.Connect(call.Value(0), call.Value(1), call.Bool(2));
  return call.Return(static_cast<int32_t>(place));
}

// startTurn(). What a sleep needs stays from now on: a program that runs out of descriptors later
// can still sleep.
napi_value StartTurn(Call& call) {
  call.environment().waiter.Keep(true);
  call.environment().turn.Start();
  return call.Undefined();
}

// stopTurn()
napi_value StopTurn(Call& call) {
  call.environment().turn.Stop();
  call.environment().waiter.Keep(false);
  return call.Undefined();
}

// stayAwake(on)
napi_value StayAwake(Call& call) {
  call.environment().turn.StayAwake(call.Bool(0));
  return call.Undefined();
}

// now(): seconds on the monotonic clock
napi_value Now(Call& call) { return call.ReturnDouble(static_cast<double>(MonotonicNow()) / 1e9); }

}  // namespace

void ExportTurnCalls(Exports& exports) {
  exports.Add<ConnectTurn>("connectTurn");
  exports.Add<StartTurn>("startTurn");
  exports.Add<StopTurn>("stopTurn");
  exports.Add<StayAwake>("stayAwake");
  exports.Add<Now>("now");
}

}  // namespace asyncore
