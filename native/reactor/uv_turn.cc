// See uv_turn.h.
#include "reactor/uv_turn.h"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace asyncore {
namespace {

// The values of uv_handle_type have not changed since libuv 1.0; their names are checked at run
// time nevertheless.
constexpr int64_t kNanosecondsPerMillisecond = 1000000;
// How many passes are made in a turn of libuv, and how long at most (nanoseconds) others begin.
constexpr int kMostPasses = 16;
constexpr int64_t kLongestPasses = 100000;
constexpr int kUvAsync = 1;
constexpr int kUvIdle = 6;
constexpr int kUvPrepare = 9;

using Callback = void (*)(void* handle);

struct Uv {
  size_t (*handle_size)(int type);
  const char* (*handle_type_name)(int type);
  void* (*handle_get_data)(const void* handle);
  void (*handle_set_data)(void* handle, void* data);
  int (*prepare_init)(uv_loop_s* loop, void* handle);
  int (*prepare_start)(void* handle, Callback callback);
  int (*prepare_stop)(void* handle);
  int (*idle_init)(uv_loop_s* loop, void* handle);
  int (*idle_start)(void* handle, Callback callback);
  int (*idle_stop)(void* handle);
  int (*async_init)(uv_loop_s* loop, void* handle, Callback callback);
  int (*async_send)(void* handle);
  void (*unref)(void* handle);
  void (*close)(void* handle, Callback callback);
};

// What a sleep with libuv's descriptor needs beside.
struct UvBackend {
  unsigned int (*version)();
  int (*fd)(const uv_loop_s* loop);
  int (*timeout)(const uv_loop_s* loop);
  void (*update_time)(uv_loop_s* loop);
};

template <typename Function>
bool Load(Function*& function, const char* name) {
  function = reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
  return function != nullptr;
}

bool LoadAll(Uv& uv) {
  return Load(uv.handle_size, "uv_handle_size") &&
         Load(uv.handle_type_name, "uv_handle_type_name") &&
         Load(uv.handle_get_data, "uv_handle_get_data") &&
         Load(uv.handle_set_data, "uv_handle_set_data") &&
         Load(uv.prepare_init, "uv_prepare_init") && Load(uv.prepare_start, "uv_prepare_start") &&
         Load(uv.prepare_stop, "uv_prepare_stop") && Load(uv.idle_init, "uv_idle_init") &&
         Load(uv.idle_start, "uv_idle_start") && Load(uv.idle_stop, "uv_idle_stop") &&
         Load(uv.async_init, "uv_async_init") && Load(uv.async_send, "uv_async_send") &&
         Load(uv.unref, "uv_unref") && Load(uv.close, "uv_close") &&
         std::strcmp(uv.handle_type_name(kUvAsync), "async") == 0 &&
         std::strcmp(uv.handle_type_name(kUvPrepare), "prepare") == 0 &&
         std::strcmp(uv.handle_type_name(kUvIdle), "idle") == 0;
}

// Null if a symbol is missing.
const Uv* uv() {
  static const Uv* const loaded = [] {
    static Uv table;
    return LoadAll(table) ? &table : nullptr;
  }();
  return loaded;
}

// Since this version uv_backend_timeout() is 0 while libuv has yet to tell its descriptor what to
// watch; before, what was started last would not wake us.
constexpr unsigned int kLeastVersion = 1 << 16 | 43 << 8;

bool LoadBackend(UvBackend& backend) {
  return Load(backend.version, "uv_version") && Load(backend.fd, "uv_backend_fd") &&
         Load(backend.timeout, "uv_backend_timeout") &&
         Load(backend.update_time, "uv_update_time") && backend.version() >= kLeastVersion &&
         backend.version() < 2 << 16;
}

// Null if a symbol is missing.
const UvBackend* backend() {
  static const UvBackend* const loaded = [] {
    static UvBackend table;
    return LoadBackend(table) ? &table : nullptr;
  }();
  return loaded;
}

}  // namespace

UvTurn* UvTurn::Create(napi_env env, napi_ref turn, napi_ref woke, InlineSleep& sleep) {
  if (uv() == nullptr) return nullptr;
  auto* self = new UvTurn(env, turn, woke, sleep);
  if (self->Init()) return self;
  delete self;
  return nullptr;
}

bool UvTurn::CanSleep() { return backend() != nullptr; }

bool UvTurn::Init() {
  napi_value name;
  if (napi_get_uv_event_loop(env_, &loop_) != napi_ok) return false;
  if (napi_create_string_utf8(env_, "asyncore", NAPI_AUTO_LENGTH, &name) != napi_ok) return false;
  if (napi_async_init(env_, nullptr, name, &context_) != napi_ok) return false;
  prepare_ = std::calloc(1, uv()->handle_size(kUvPrepare));
  idle_ = std::calloc(1, uv()->handle_size(kUvIdle));
  async_ = std::calloc(1, uv()->handle_size(kUvAsync));
  if (prepare_ == nullptr || idle_ == nullptr || async_ == nullptr) return false;
  // The handles must be closed while the loop still runs: a synchronous hook would leave them to a
  // loop that calls into a dead environment.
  if (napi_add_async_cleanup_hook(env_, &UvTurn::OnEnvironmentEnd, this, &hook_) != napi_ok) {
    return false;
  }
  if (uv()->async_init(loop_, async_, &UvTurn::OnAsync) != 0) {
    napi_remove_async_cleanup_hook(hook_);
    return false;
  }
  uv()->prepare_init(loop_, prepare_);
  uv()->idle_init(loop_, idle_);
  for (void* handle : {prepare_, idle_, async_}) {
    uv()->handle_set_data(handle, this);
    uv()->unref(handle);
    ++open_handles_;
  }
  return true;
}

UvTurn::~UvTurn() {
  if (context_ != nullptr) napi_async_destroy(env_, context_);
  std::free(prepare_);
  std::free(idle_);
  std::free(async_);
}

void UvTurn::Start() { uv()->prepare_start(prepare_, &UvTurn::OnPrepare); }

void UvTurn::Stop() {
  uv()->prepare_stop(prepare_);
  awake_ = slept_ = false;
  KeepLooking(false);
}

void UvTurn::StayAwake(bool awake) {
  awake_ = awake;
  KeepLooking(awake || slept_);
}

void UvTurn::KeepLooking(bool on) {
  if (on == looks_) return;
  looks_ = on;
  if (on) {
    uv()->idle_start(idle_, &UvTurn::OnIdle);
  } else {
    uv()->idle_stop(idle_);
  }
}

void UvTurn::OnPrepare(void* handle) { static_cast<UvTurn*>(uv()->handle_get_data(handle))->Run(); }

void UvTurn::OnIdle(void*) {}

void UvTurn::Wake() { uv()->async_send(async_); }

// The prepare handle follows.
void UvTurn::OnAsync(void*) {}

// Several passes cost less than as many turns of libuv; the rest of the process must not notice.
void UvTurn::Run() {
  passes_since_ = MonotonicNow();
  slept_ = false;
  for (int passes = 1; RunPass() == Next::kMore; ++passes) {
    if (passes == kMostPasses || MonotonicNow() - passes_since_ >= kLongestPasses) return;
  }
}

Next UvTurn::RunPass() {
  Next next = Call(turn_);
  if (next == Next::kAsk) next = Call(turn_);
  KeepLooking(awake_ || slept_);
  return sleep_.asked() ? Sleep() : next;
}

Next UvTurn::Sleep() {
  // Handlers may have taken their time.
  backend()->update_time(loop_);
  KeepLooking(awake_);
  const int timeout = backend()->timeout(loop_);
  const Deadline latest =
      timeout < 0 ? kForever : MonotonicNow() + Deadline{timeout} * kNanosecondsPerMillisecond;
  // libuv must only look at its descriptors after this: nobody watches ours meanwhile.
  slept_ = true;
  KeepLooking(true);
  const bool is_over = sleep_.Run(backend()->fd(loop_), latest);
  backend()->update_time(loop_);
  passes_since_ = MonotonicNow();
  return is_over ? Call(woke_) : Next::kSleep;
}

Next UvTurn::Call(napi_ref reference) {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return Next::kSleep;
  napi_value receiver, function, error, result;
  int32_t next = 0;
  // napi_make_callback, not napi_call_function: the microtasks that a predicate or a handler queues
  // must run before the process sleeps.
  if (napi_get_global(env_, &receiver) == napi_ok &&
      napi_get_reference_value(env_, reference, &function) == napi_ok) {
    const napi_status status =
        napi_make_callback(env_, context_, receiver, function, 0, nullptr, &result);
    if (status == napi_ok) {
      if (napi_get_value_int32(env_, result, &next) != napi_ok) next = 0;
    } else if (status == napi_pending_exception &&
               napi_get_and_clear_last_exception(env_, &error) == napi_ok) {
      napi_fatal_exception(env_, error);
    }
  }
  napi_close_handle_scope(env_, scope);
  return static_cast<Next>(next);
}

void UvTurn::OnEnvironmentEnd(napi_async_cleanup_hook_handle, void* data) {
  auto* self = static_cast<UvTurn*>(data);
  // The waiter's thread may still call Wake() until it is joined, in a later hook. libuv has no use
  // for that any more; the memory is there until OnClose(), which comes after all hooks.
  for (void* handle : {self->prepare_, self->idle_, self->async_}) {
    uv()->close(handle, &UvTurn::OnClose);
  }
}

void UvTurn::OnClose(void* handle) {
  auto* self = static_cast<UvTurn*>(uv()->handle_get_data(handle));
  if (--self->open_handles_ > 0) return;
  napi_remove_async_cleanup_hook(self->hook_);
  delete self;
}

}  // namespace asyncore
