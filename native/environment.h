// What one JavaScript environment (the main thread or a worker thread) owns: its descriptors, its
// poll sets and its waiter threads. The end of the environment joins the threads first and closes
// every descriptor after, because nothing else closes raw descriptors when an environment dies.
#pragma once

#include <memory>
#include <vector>

#include "descriptors/descriptor.h"
#include "reactor/poll_set.h"
#include "descriptors/table.h"
#include "reactor/turn.h"
#include "reactor/waiter.h"

namespace asyncore {

class Environment {
 public:
  // Throws Napi::Error. The environment is deleted with the JavaScript environment.
  static Environment* Create(napi_env env);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  Table<Descriptor> descriptors;
  Table<std::unique_ptr<PollSet>> poll_sets;
  Turn turn;

  // A waiter that is not busy. One thread is all that a program needs whose waits do not overlap.
  Waiter& IdleWaiter();

  // Closes the descriptor. A waiter that is in a wait on it is made to leave first: the number
  // must not be reused under the poller, and the peer must see the end at once. 0 or -errno.
  int Close(Handle handle);

  // Gives the number up without closing it; the same care is taken.
  int Detach(Handle handle);

 private:
  explicit Environment(napi_env env) : turn(env) {}
  static void End(void* self);
  void Unwatch(int fd);

  std::vector<std::unique_ptr<Waiter>> waiters_;
};

}  // namespace asyncore
