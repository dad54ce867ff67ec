// See turn.h.
#include "reactor/turn.h"

#include <napi.h>

#include "reactor/uv_turn.h"

namespace asyncore {

Turn::Turn(napi_env env, InlineSleep& sleep) : env_(env), sleep_(sleep) {
  const Napi::String name = Napi::String::New(env, "asyncore");
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                      &Turn::OnPost, &post_) != napi_ok) {
    throw Napi::Error::New(env);
  }
  napi_unref_threadsafe_function(env, post_);
}

Turn::Place Turn::Connect(napi_value function, napi_value woke, bool under_node) {
  if (function_ == nullptr) {
    if (napi_create_reference(env_, function, 1, &function_) != napi_ok ||
        napi_create_reference(env_, woke, 1, &woke_) != napi_ok) {
      throw Napi::Error::New(env_);
    }
    if (under_node) uv_ = UvTurn::Create(env_, function_, woke_, sleep_);
  }
  if (uv_ == nullptr) return Place::kAfterWaits;
  return UvTurn::CanSleep() ? Place::kInSleep : Place::kBeforeSleep;
}

void Turn::Start() {
  napi_ref_threadsafe_function(env_, post_);
  if (uv_ != nullptr) uv_->Start();
}

void Turn::Stop() {
  napi_unref_threadsafe_function(env_, post_);
  if (uv_ != nullptr) uv_->Stop();
}

void Turn::StayAwake(bool awake) {
  if (uv_ != nullptr) uv_->StayAwake(awake);
}

void Turn::Post() {
  if (uv_ != nullptr) {
    uv_->Wake();
    return;
  }
  if (!posted_.exchange(true)) {
    napi_call_threadsafe_function(post_, nullptr, napi_tsfn_nonblocking);
  }
}

void Turn::Release() {
  if (uv_ != nullptr) uv_->Stop();
  uv_ = nullptr;
  // The environment does not delete references that it did not make.
  for (napi_ref* const reference : {&function_, &woke_}) {
    if (*reference != nullptr) napi_delete_reference(env_, *reference);
    *reference = nullptr;
  }
  napi_release_threadsafe_function(post_, napi_tsfn_release);
}

void Turn::OnPost(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // the environment is going down
  auto* turn = static_cast<Turn*>(context);
  turn->posted_ = false;
  napi_value receiver, function;
  if (turn->function_ == nullptr || napi_get_global(env, &receiver) != napi_ok ||
      napi_get_reference_value(env, turn->function_, &function) != napi_ok) {
    return;
  }
  // The runtime calls this inside a callback scope: microtasks follow, and whatever is thrown
  // becomes an uncaught exception.
  napi_call_function(env, receiver, function, 0, nullptr, nullptr);
}

}  // namespace asyncore
