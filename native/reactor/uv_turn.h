// The prepare and idle handles of libuv, reached through dlsym() and sized by uv_handle_size(), so
// that no uv.h is needed, and a runtime without them (Bun, Deno, a static build that hides its
// symbols) can do without.
#pragma once

#include <node_api.h>

namespace asyncore {

class UvTurn {
 public:
  // Calls `function` before every sleep of the event loop while started, and once more if it
  // returns true. Null where there is no libuv. Owned by an asynchronous cleanup hook of the
  // environment.
  static UvTurn* Create(napi_env env, napi_ref function);

  void Start();
  void Stop();
  void StayAwake(bool awake);

 private:
  UvTurn(napi_env env, napi_ref function) : env_(env), function_(function) {}
  ~UvTurn();
  bool Init();
  void Call();
  bool CallOnce();
  static void OnPrepare(void* handle);
  static void OnIdle(void* handle);
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* self);
  static void OnClose(void* handle);

  napi_env env_;
  napi_ref function_;
  napi_async_context context_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  void* prepare_ = nullptr;
  void* idle_ = nullptr;
  int open_handles_ = 0;
};

}  // namespace asyncore
