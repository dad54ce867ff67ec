// How the reactor comes to run on the JavaScript thread. Two things call the one JavaScript
// function that was given: a thread-safe function when a waiter's wait is over, and, under Node,
// a uv_prepare handle, the one place that runs after all other JavaScript and before the process
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

  // Sets the function, once. With `before_sleep`, asks libuv to call it in every turn of the event
  // loop too; the answer is false where libuv is not to be had.
  bool Connect(napi_value function, bool before_sleep);

  // While started, the process stays alive and the calls before each sleep are made.
  void Start();
  void Stop();
  // While awake, the event loop does not sleep (under libuv).
  void StayAwake(bool awake);

  // From any thread: call the function soon.
  void Post();

  // The end of the environment: no thread may call Post() any more.
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
