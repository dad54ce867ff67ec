// How the reactor gets to run on the JavaScript thread. Under Node, a uv_prepare handle calls the one
// JavaScript function that it is given: the one place that runs after all other JavaScript and
// before the process sleeps. A uv_idle handle keeps the process from sleeping while there is more to
// do, and a uv_async handle ends its sleep when a waiter's wait is over. Elsewhere a thread-safe
// function calls it then.
#pragma once

#include <node_api.h>

#include <atomic>

namespace asyncore {

class InlineSleep;
class UvTurn;

// What the function wants next.
enum class Next {
  kSleep,  // nothing: the process may sleep
  kAsk,    // to be called once more before that: it called what may have deferred something (a
           // promise's then()), which has run by then
  kMore    // to go on, soon
};

class Turn {
 public:
  // Throws Napi::Error.
  Turn(napi_env env, InlineSleep& sleep);
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Where the function is called.
  enum class Place {
    kAfterWaits,   // only when a wait is over
    kBeforeSleep,  // before each sleep of the event loop too
    kInSleep       // the same, and the thread can sleep itself (inline_sleep.h)
  };
  // Sets the function, once, and the one to call when such a sleep is over. With `under_node`, libuv
  // is asked for its places.
  Place Connect(napi_value function, napi_value woke, bool under_node);

  // While started, the process stays alive and the function is called before each sleep.
  void Start();
  void Stop();
  // While awake, the event loop does not sleep (under libuv).
  void StayAwake(bool awake);

  // Has the function called soon. From any thread.
  void Post();

  // The environment ends: no thread may call Post() any more.
  void Release();

 private:
  static void OnPost(napi_env env, napi_value callback, void* context, void* data);

  napi_env env_;
  InlineSleep& sleep_;
  napi_threadsafe_function post_ = nullptr;
  std::atomic<bool> posted_{false};
  napi_ref function_ = nullptr;
  napi_ref woke_ = nullptr;
  UvTurn* uv_ = nullptr;
};

}  // namespace asyncore
