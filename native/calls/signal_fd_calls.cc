// The calls on signalfds.
#include "calls/exports.h"

#ifdef __linux__

#include <signal.h>
#include <sys/signalfd.h>

#include <cstring>

#include "descriptors/signal_mask.h"

namespace asyncore {
namespace {

// The signals whose numbers are the bytes of an argument.
SignalSet SignalsAt(const Call& call, size_t index) {
  const Bytes numbers = call.View(index);
  SignalSet signals = 0;
  for (size_t i = 0; i < numbers.size; i++) {
    if (numbers.data[i] >= 1 && numbers.data[i] <= 64) {
      signals |= SignalSet{1} << (numbers.data[i] - 1);
    }
  }
  return signals;
}

// signalfd(signals): handle | -errno. As long as it is open, every thread blocks the signals.
napi_value SignalFd(Call& call) {
  const SignalSet signals = SignalsAt(call, 0);
  sigset_t set;
  sigemptyset(&set);
  for (int signal = 1; signal <= 64; signal++) {
    if ((signals >> (signal - 1) & 1) != 0) sigaddset(&set, signal);
  }
  const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) return call.Return(-errno);
  Descriptor descriptor(fd);
  descriptor.HoldSignals(signals);
  return call.ReturnHandle(call.environment().Own(std::move(descriptor)));
}

// callHandlerOf(signal, code)
napi_value CallHandler(Call& call) {
  CallHandlerOf(call.Int(0), call.Int(1));
  return call.Undefined();
}

}  // namespace

void ExportSignalFdCalls(Exports& exports) {
  exports.Add<SignalFd>("signalfd");
  exports.Add<CallHandler>("callHandlerOf");
}

}  // namespace asyncore

#else

namespace asyncore {

void ExportSignalFdCalls(Exports&) {}

}  // namespace asyncore

#endif
