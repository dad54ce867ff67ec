// How the reactor gets to run on the JavaScript thread. Two things call the one JavaScript function
// that it is given: a thread-safe function when a waiter's wait is over, and, under Node, a
// uv_prepare handle, the one place that runs after all other JavaScript and before the process
// sleeps. A uv_idle handle keeps the process from sleeping while there is more to do.
#pragma once

#include <node_api.h>

#include <atomic>

namespace asyncore {

class UvTurn;

class Turn {
 public:
  // Throws Napi::Error.
  explicit Turn(napi_env env);
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Sets the function, once. With `before_sleep`, libuv is to call it in every turn of the event
  // loop too. Whether it does: false where there is no libuv.
  bool Connect(napi_value function, bool before_sleep);

  // While started, the function is called before each sleep.
  void Start();
  void Stop();
  // Whether the process stays alive for it. Stop() ends that.
  void KeepAlive(bool on);
  // While awake, the event loop does not sleep (under libuv).
  void StayAwake(bool awake);

  // Has the function called soon. From any thread.
  void Post();

  // The environment ends: no thread may call Post() any more.
  void Release();

 private:
  static void OnPost(napi_env env, napi_value callback, void* context, void* data);

  napi_env env_;
  napi_threadsafe_function post_ = nullptr;
  std::atomic<bool> posted_{false};
  napi_ref function_ = nullptr;
  UvTurn* uv_ = nullptr;
};

}  // namespace asyncore
