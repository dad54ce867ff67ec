// See fatal_signals.h.
#include "descriptors/fatal_signals.h"

#include <dlfcn.h>
#include <signal.h>

#include <atomic>

namespace asyncore {
namespace {

#ifdef SIGRTMAX
const int kLast = SIGRTMAX;
#else
const int kLast = NSIG - 1;
#endif
constexpr int kMost = 128;

std::atomic<void (*)()> last_call{nullptr};
struct sigaction before[kMost];

// The signals whose default is not to end the process, or that cannot be caught. SIGPIPE is ignored
// wherever this library writes.
bool EndsNothing(int signal) {
  switch (signal) {
    case SIGKILL:
    case SIGSTOP:
    case SIGCONT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
    case SIGPIPE:
#ifdef SIGINFO
    case SIGINFO:
#endif
      return true;
    default:
      return false;
  }
}

bool IsDefault(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

bool IsIgnored(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
}

// A handler that is there for one time: it ends the process, as Node's own do.
bool EndsProcess(const struct sigaction& action) {
  return !IsIgnored(action) && (action.sa_flags & SA_RESETHAND) != 0;
}

// V8 handles these for WebAssembly, and ends the process where they are not its own.
bool IsFault(int signal) { return signal == SIGSEGV || signal == SIGBUS; }

void CallLast() {
  if (void (*call)() = last_call) call();
}

void CallBefore(int signal, siginfo_t* info, void* context) {
  const struct sigaction& action = before[signal];
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
}

void OnSignal(int number, siginfo_t* info, void* context) {
  if (IsDefault(before[number])) {
    CallLast();
    // All signals are blocked until this returns; then it ends the process as if nobody had asked.
    signal(number, SIG_DFL);
    raise(number);
  } else if (EndsProcess(before[number])) {
    CallLast();
    CallBefore(number, info, context);
  } else {
    CallBefore(number, info, context);
    struct sigaction now;
    if (sigaction(number, nullptr, &now) == 0 && IsDefault(now)) CallLast();
  }
}

}  // namespace

void BeforeFatalSignals(void (*last)()) {
  last_call = last;
  for (int signal = 1; signal <= kLast && signal < kMost; signal++) {
    struct sigaction now;
    if (EndsNothing(signal) || sigaction(signal, nullptr, &now) < 0) continue;
    const bool is_ours = (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == OnSignal;
    if (is_ours || IsIgnored(now)) continue;
    const bool is_fault = !IsDefault(now) && !EndsProcess(now) && IsFault(signal);
    if (!IsDefault(now) && !EndsProcess(now) && !is_fault) continue;
    before[signal] = now;
    struct sigaction ours = {};
    ours.sa_sigaction = OnSignal;
    // SA_RESETHAND tells that it ends the process; one for faults stays, as V8's does.
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (is_fault ? now.sa_flags : SA_RESETHAND);
    sigfillset(&ours.sa_mask);
    sigaction(signal, &ours, nullptr);
  }
}

void StayLoaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&StayLoaded), &info) != 0) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

}  // namespace asyncore
