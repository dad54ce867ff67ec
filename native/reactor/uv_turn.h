// The prepare, idle and async handles of libuv and its own descriptor, reached through dlsym() and sized by uv_handle_size(), so
// that no uv.h is needed, and a runtime without them (Bun, Deno, a static build that hides its
// symbols) can do without.
#pragma once

#include <node_api.h>

#include "reactor/inline_sleep.h"
#include "reactor/turn.h"

struct uv_loop_s;

namespace asyncore {

class UvTurn {
 public:
  // While started, calls `turn` before every sleep of the event loop, and again as it says (Next);
  // then sleeps itself if `sleep` was asked to, and calls `woke` when that is over. Null where there
  // is no libuv. Owned by an asynchronous cleanup hook of the environment.
  static UvTurn* Create(napi_env env, napi_ref turn, napi_ref woke, InlineSleep& sleep);

  // Whether libuv can be one more descriptor of a sleep.
  static bool CanSleep();

  void Start();
  void Stop();
  void StayAwake(bool awake);
  // Ends libuv's sleep: a turn follows. From any thread, until the environment's waiter has ended.
  void Wake();

 private:
  UvTurn(napi_env env, napi_ref turn, napi_ref woke, InlineSleep& sleep)
      : env_(env), turn_(turn), woke_(woke), sleep_(sleep) {}
  ~UvTurn();
  bool Init();
  void Run();
  Next RunPass();
  Next Sleep();
  Next Call(napi_ref reference);
  void KeepLooking(bool on);
  static void OnPrepare(void* handle);
  static void OnIdle(void* handle);
  static void OnAsync(void* handle);
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* self);
  static void OnClose(void* handle);

  napi_env env_;
  uv_loop_s* loop_ = nullptr;
  napi_ref turn_;
  napi_ref woke_;
  InlineSleep& sleep_;
  int64_t passes_since_ = 0;
  bool awake_ = false;
  bool slept_ = false;  // in this turn, so that libuv must not
  bool looks_ = false;  // the idle handle is started: libuv looks and does not sleep
  napi_async_context context_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  void* prepare_ = nullptr;
  void* idle_ = nullptr;
  void* async_ = nullptr;
  int open_handles_ = 0;
};

}  // namespace asyncore
