// The calls on the turn that the reactor takes in the event loop (turn.h).
#include "calls/exports.h"

namespace asyncore {
namespace {

// connectTurn(function, beforeSleep): 1 if the function is called before every sleep, otherwise 0
napi_value ConnectTurn(Call& call) {
  const bool connected = call.environment().turn.Connect(call.Value(0), call.Bool(1));
  return call.Return(connected ? 1 : 0);
}

// startTurn(): 0 | -errno. The descriptor that a sleep needs is opened now, so that a program that
// runs out of descriptors later can still sleep.
napi_value StartTurn(Call& call) {
  const int error = call.environment().waiters.Idle().Open();
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

void ExportTurnCalls(Exports& exports) {
  exports.Add<ConnectTurn>("connectTurn");
  exports.Add<StartTurn>("startTurn");
  exports.Add<StopTurn>("stopTurn");
  exports.Add<StayAwake>("stayAwake");
}

}  // namespace asyncore
