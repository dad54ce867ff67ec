// Signals that are to be read from a signalfd, in a process with threads of others. A signal sent
// to the process goes to any thread that does not block it, so that all of them have to, those of
// libuv and V8 included; and each can only do so itself, in a handler, whose return sets the mask.
#pragma once

#include <cstdint>

namespace asyncore {

using SignalSet = uint64_t;  // bit n - 1 for signal n

// Counts one more reader of the signals: every thread blocks them. A signal that reaches a thread
// nevertheless (one that unblocked it) is sent to the process once more.
void HoldSignals(SignalSet signals);

// Counts one fewer. A signal without a reader is as it was before the first.
void ReleaseSignals(SignalSet signals);

// Calls the handler that would have been called if nobody had read the signal, if there is one that
// stays: libuv's, for whoever listens with process.on().
void CallHandlerOf(int signal, int code);

}  // namespace asyncore
