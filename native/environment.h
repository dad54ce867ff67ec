// What one JavaScript environment (the main thread or a worker thread) owns: its descriptors, its
// poll sets and its waiter. When the environment ends, the waiter's thread is joined first and
// every descriptor is closed after, because nothing else closes raw descriptors then.
#pragma once

#include <memory>
#include <vector>

#include "descriptors/descriptor.h"
#include "descriptors/table.h"
#include "reactor/inline_sleep.h"
#include "reactor/poll_set.h"
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
  InlineSleep inline_sleep;
  Turn turn;
  Waiter waiter;

  // Takes the descriptor over, as every one that is handed to JavaScript. Should another still have
  // its number, somebody else has closed that one: it has no number any more, and closes nothing.
  // Fails for want of memory alone, which descriptors.Reserve() can get before.
  Handle Own(Descriptor descriptor);
  // Whether a descriptor has that number.
  bool Owns(int fd);

  // Closes the descriptor, after every waiter has left it. 0 or -errno.
  int Close(Handle handle);

  // Gives up the number without closing it, with the same care. The number or -errno.
  int Detach(Handle handle);

 private:
  explicit Environment(napi_env env);
  // Before a number is closed or given up: nothing waits for it, and nothing is remembered of it.
  void LeaveWaits(int fd);
  static void End(void* self);

  std::vector<Handle> owners_;  // by number: who had it last
};

}  // namespace asyncore
