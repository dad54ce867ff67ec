// The thread of an environment that sleeps in select() or poll() so that the JavaScript thread need
// not. It waits for all that is asked of it at once, in one call; it is given copies of the entries
// and touches no JavaScript memory. That a wait is over says that something is ready; what is ready
// is looked up on the JavaScript thread, which alone knows to whom an fd belongs. Only what the
// system tells once is handed on: see Seen.
//
// The thread starts with the first wait and ends a second after the last, unless it is to be kept.
// When there is no descriptor to wake it by, or the system refuses so many entries, it looks every
// 20 ms instead of sleeping.
#pragma once

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "reactor/multiplex.h"
#include "reactor/wake_up.h"

namespace asyncore {

// An exceptional condition (POLLPRI) that a wait has seen. Some are told only once: a later look
// finds nothing. `stamp` is the wait's own when it was seen.
struct Seen {
  uint32_t slot;
  short revents;
  uint64_t stamp;
};

// One wait. Its owner fills it in and hands it to Waiter::Arm(); from then on it is the waiter's,
// until Disarm().
struct PendingWait {
  std::vector<pollfd> entries;
  std::vector<uint32_t> slots;  // of the owner, by entry
  uint64_t stamp = 0;           // what the owner knows the state by that it asks for
  Multiplex multiplex = nullptr;
  Deadline deadline = kForever;

  std::vector<Seen> seen;
  bool armed = false;
};

class Waiter {
 public:
  // `report` is called with `data`, on the thread, each time a wait is over; it must not block.
  using Report = void (*)(void* data);
  Waiter(Report report, void* data) : report_(report), data_(data) {}
  ~Waiter() { Stop(); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // While kept, the thread and its descriptor stay when nothing is waited for.
  void Keep(bool keep);

  // Begins a wait, or goes on with a changed one. `fill` writes it, when it is safe to. 0 or -errno
  // of pthread_create().
  template <typename Fill>
  int Arm(PendingWait& wait, Fill fill) {
    std::unique_lock<std::mutex> lock(mutex_);
    fill(wait);
    const int error = Begin(wait);
    // The thread, once notified, would at once wait for the lock.
    lock.unlock();
    changed_.notify_all();
    return error;
  }

  // Ends a wait; the thread has left the system call when this returns.
  void Disarm(PendingWait& wait);
  bool Armed(const PendingWait& wait);
  // What the wait has seen since this was last asked.
  std::vector<Seen> TakeSeen(PendingWait& wait);
  // Forgets what the wait has seen of the slots for which `is_gone` holds.
  template <typename IsGone>
  void ForgetSeen(PendingWait& wait, IsGone is_gone) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto gone = [&is_gone](const Seen& seen) { return is_gone(seen.slot); };
    wait.seen.erase(std::remove_if(wait.seen.begin(), wait.seen.end(), gone), wait.seen.end());
  }

  // Ends every wait for `fd`; the thread has left it when this returns. Must come before the fd is
  // closed: its number must not be reused under the poller, and the peer must see the end at once.
  void Leave(int fd);

  // Ends all waits and joins the thread.
  void Stop();

 private:
  // A wait's share of the entries of one sleep.
  struct Share {
    PendingWait* wait;  // null when it has been disarmed meanwhile
    size_t first;
    size_t count;
    std::vector<uint32_t> slots;
    uint64_t stamp;
    Multiplex multiplex;
  };

  static void* Main(void* self);
  void Run();
  int Begin(PendingWait& wait);
  int Start();
  int WakeUpFd();
  void Gather();
  int Sleep(std::unique_lock<std::mutex>& lock);
  void Pause(std::unique_lock<std::mutex>& lock);
  int LookAtShares();
  bool Settle(int result);
  bool Notice(Share& share);
  void End(PendingWait& wait);
  void Rouse();

  const Report report_;
  void* const data_;

  std::mutex mutex_;
  // All that follows is guarded by mutex_. While asleep_, entries_ is the thread's own.
  std::condition_variable changed_;
  std::condition_variable left_;
  std::vector<PendingWait*> waits_;
  bool kept_ = false;
  bool stopping_ = false;
  bool running_ = false;  // the thread serves waits
  bool started_ = false;  // the thread has to be joined
  bool asleep_ = false;
  bool roused_ = false;
  bool ended_ = false;  // a wait is over that was not yet reported
  uint64_t sleeps_ = 0;
  pthread_t thread_{};
  WakeUp wake_up_;
  int64_t checked_ = 0;  // when wake_up_ was last known to be ours

  std::vector<pollfd> entries_;  // the first is the wake-up's
  std::vector<Share> shares_;
  Multiplex multiplex_ = nullptr;
  Deadline deadline_ = kForever;
};

}  // namespace asyncore
