// A thread that sleeps in select() or poll() so that the JavaScript thread need not. It is given a
// copy of the entries, touches no JavaScript memory, and reports only that the wait is over: what
// is ready is then looked up on the JavaScript thread, which alone knows which channel owns which
// fd.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "reactor/multiplex.h"

namespace asyncore {

class Waiter {
 public:
  // `report` is called on the thread each time a wait ends; it must not block.
  using Report = void (*)(void* data);
  Waiter(Report report, void* data) : report_(report), data_(data) {}
  ~Waiter() { Stop(); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Opens the wake-up descriptor that a wait needs, unless it is open already. 0 or -errno.
  int Open();

  // Begins to wait on a copy of `entries` for `owner`; starts the thread if there is none yet. The
  // waiter must not be busy. 0 or -errno.
  int Arm(const void* owner, const std::vector<pollfd>& entries, Multiplex multiplex,
          Deadline deadline);

  // Ends the wait, if one is under way, and returns once the thread has left the system call.
  void Disarm();

  // Whether a wait is under way, and whether it is for this owner.
  bool Busy();
  bool BusyFor(const void* owner);

  // Whether the wait under way includes `fd`.
  bool Watches(int fd);

  // Ends the wait and joins the thread.
  void Stop();

 private:
  static void* Main(void* self);
  void Run();
  int Start();
  void Wake();
  void Drain();

  const Report report_;
  void* const data_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_. They also say which thread may touch entries_: this one while busy_,
  // otherwise the caller.
  bool busy_ = false;
  bool stopping_ = false;

  bool started_ = false;
  pthread_t thread_{};
  // The two ends of the wake-up: a single eventfd on Linux, a pipe elsewhere.
  int wake_read_ = -1;
  int wake_write_ = -1;

  const void* owner_ = nullptr;
  std::vector<pollfd> entries_;
  Multiplex multiplex_ = nullptr;
  Deadline deadline_ = kForever;
};

}  // namespace asyncore
