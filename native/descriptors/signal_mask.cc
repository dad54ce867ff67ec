// See signal_mask.h.
#include "descriptors/signal_mask.h"

#ifdef __linux__

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>

#include "descriptors/fatal_signals.h"

namespace asyncore {
namespace {

constexpr int kMost = 64;
// Carries an order to a thread. Ignored by default, so that one that arrives late does no harm.
constexpr int kCarrier = SIGURG;

struct Held {
  int readers;
  bool was_open;  // whether the main thread did not block it
  struct sigaction before;
};

std::mutex mutex;
Held held[kMost + 1];
// The order that the carrier carries, and the mark by which it is known.
std::atomic<SignalSet> to_block{0};
std::atomic<SignalSet> to_open{0};
struct sigaction carrier_before;

SignalSet BitOf(int signal) { return SignalSet{1} << (signal - 1); }

template <typename Visit>
void ForEach(SignalSet signals, Visit visit) {
  for (int signal = 1; signal <= kMost; signal++) {
    if ((signals & BitOf(signal)) != 0) visit(signal);
  }
}

sigset_t SetOf(SignalSet signals) {
  sigset_t set;
  sigemptyset(&set);
  ForEach(signals, [&](int signal) { sigaddset(&set, signal); });
  return set;
}

bool IsHandler(const struct sigaction& action, void (*handler)(int, siginfo_t*, void*)) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == handler;
}

struct sigaction ActionOf(void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  return action;
}

void Call(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
  } else if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN) {
    action.sa_handler(signal);
  }
}

// A signal that is held, in a thread that does not block it: from now on it does, and the signal
// goes to the process once more, where it stays until it is read.
void OnHeld(int signal, siginfo_t* info, void* context) {
  sigaddset(&static_cast<ucontext_t*>(context)->uc_sigmask, signal);
  // By the thread's own number, because only for that the system leaves `info` as it is.
  syscall(SYS_rt_sigqueueinfo, syscall(SYS_gettid), signal, info);
}

void OnCarrier(int signal, siginfo_t* info, void* context) {
  if (info->si_code != SI_QUEUE || info->si_value.sival_ptr != &to_block) {
    return Call(carrier_before, signal, info, context);
  }
  sigset_t& mask = static_cast<ucontext_t*>(context)->uc_sigmask;
  ForEach(to_block, [&](int each) { sigaddset(&mask, each); });
  ForEach(to_open, [&](int each) { sigdelset(&mask, each); });
}

// The signals that a thread of this process blocks; all of them if there is no such thread.
SignalSet BlockedBy(pid_t thread) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/status", thread);
  FILE* const file = fopen(path, "re");
  if (file == nullptr) return ~SignalSet{0};
  SignalSet blocked = ~SignalSet{0};
  char line[256];
  unsigned long long value;
  while (fgets(line, sizeof line, file) != nullptr) {
    if (sscanf(line, "SigBlk: %llx", &value) == 1) blocked = value;
  }
  fclose(file);
  return blocked;
}

void Send(pid_t thread) {
  siginfo_t info = {};
  info.si_code = SI_QUEUE;
  info.si_value.sival_ptr = &to_block;
  syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, kCarrier, &info);
}

// Sends the carrier to every other thread for which `is_left` holds, until there is none, or for a
// second: a thread may be stuck in the system.
template <typename IsLeft>
void Order(SignalSet block, SignalSet open, IsLeft is_left) {
  to_block = block;
  to_open = open;
  const struct sigaction ours = ActionOf(OnCarrier);
  sigaction(kCarrier, &ours, &carrier_before);
  const auto self = static_cast<pid_t>(syscall(SYS_gettid));
  for (int tries = 0; tries < 1000; tries++) {
    DIR* const threads = opendir("/proc/self/task");
    if (threads == nullptr) break;
    bool is_done = true;
    while (const dirent* entry = readdir(threads)) {
      const pid_t thread = atoi(entry->d_name);
      if (thread <= 0 || thread == self || !is_left(thread)) continue;
      is_done = false;
      Send(thread);
    }
    closedir(threads);
    if (is_done) break;
    const timespec pause{0, 1000000};
    nanosleep(&pause, nullptr);
  }
  struct sigaction now;
  if (sigaction(kCarrier, nullptr, &now) == 0 && IsHandler(now, OnCarrier)) {
    sigaction(kCarrier, &carrier_before, nullptr);
  }
}

}  // namespace

void HoldSignals(SignalSet signals) {
  const std::lock_guard<std::mutex> lock(mutex);
  SignalSet fresh = 0;
  const SignalSet blocked = BlockedBy(getpid());
  ForEach(signals, [&](int signal) {
    if (held[signal].readers++ > 0) return;
    fresh |= BitOf(signal);
    held[signal].was_open = (blocked & BitOf(signal)) == 0;
  });
  const sigset_t set = SetOf(signals);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (fresh == 0) return;
  StayLoaded();
  const struct sigaction ours = ActionOf(OnHeld);
  ForEach(fresh, [&](int signal) { sigaction(signal, &ours, &held[signal].before); });
  Order(fresh, 0, [&](pid_t thread) { return (fresh & ~BlockedBy(thread)) != 0; });
}

void ReleaseSignals(SignalSet signals) {
  const std::lock_guard<std::mutex> lock(mutex);
  SignalSet open = 0;
  ForEach(signals, [&](int signal) {
    if (--held[signal].readers > 0) return;
    struct sigaction now;
    if (sigaction(signal, nullptr, &now) == 0 && IsHandler(now, OnHeld)) {
      sigaction(signal, &held[signal].before, nullptr);
    }
    if (held[signal].was_open) open |= BitOf(signal);
  });
  if (open == 0) return;
  // One thread is enough for a signal to arrive, and the main one is always there.
  const pid_t main = getpid();
  Order(0, open, [&](pid_t thread) { return thread == main && (open & BlockedBy(thread)) != 0; });
  const sigset_t set = SetOf(open);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void CallHandlerOf(int signal, int code) {
  struct sigaction action;
  if (sigaction(signal, nullptr, &action) < 0) return;
  if (IsHandler(action, OnHeld)) {
    const std::lock_guard<std::mutex> lock(mutex);
    action = held[signal].before;
  }
  // A handler for one time ends the process, Node's own for SIGUSR1 starts the debugger, and those
  // for faults raise them again.
  if ((action.sa_flags & SA_RESETHAND) != 0 || signal == SIGUSR1) return;
  if (signal == SIGSEGV || signal == SIGBUS) return;
  siginfo_t info = {};
  info.si_signo = signal;
  info.si_code = code;
  // As the system calls it, because libuv's would wait for itself if it came twice.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  ucontext_t context = {};
  Call(action, signal, &info, &context);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace asyncore

#else

namespace asyncore {

void HoldSignals(SignalSet) {}
void ReleaseSignals(SignalSet) {}
void CallHandlerOf(int, int) {}

}  // namespace asyncore

#endif
