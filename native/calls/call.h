// A call from JavaScript: its arguments, read with a check of each type, and its result. Meaning
// (ranges, families, options) is checked in TypeScript; here only what memory safety needs. Raw
// Node-API, because these few nanoseconds are paid on every recv() and send().
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>

#include "environment.h"

namespace asyncore {

// The bytes of an ArrayBufferView or ArrayBuffer. Good until JavaScript runs again.
struct Bytes {
  uint8_t* data;
  size_t size;
};

class Call {
 public:
  Call(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  Environment& environment() const { return *environment_; }

  // Each throws a TypeError when the argument is of another type.
  double Number(size_t index) const;
  int32_t Int(size_t index) const;
  bool Bool(size_t index) const;
  Bytes View(size_t index) const;
  Bytes Memory(size_t index) const;  // of an ArrayBuffer
  // `size` of the bytes from `offset` on; throws a RangeError when there are not so many.
  Bytes Part(Bytes whole, int32_t offset, int32_t size) const;
  std::string String(size_t index) const;
  napi_value Value(size_t index) const { return values_[index]; }
  bool IsNumber(size_t index) const;

  // The open descriptor or poll set that a handle names, or null.
  Descriptor* FindDescriptor(size_t index) const;
  PollSet& FindPollSet(size_t index) const;
  Handle HandleAt(size_t index) const;

  napi_value Return(int32_t value) const;
  napi_value ReturnHandle(Handle handle) const;
  napi_value Undefined() const;

 private:
  static constexpr size_t kMost = 8;

  napi_env env_;
  Environment* environment_ = nullptr;
  napi_value values_[kMost];
};

using Function = napi_value (*)(Call& call);

// The C function that Node-API calls: no C++ exception crosses it.
template <Function function>
napi_value Entry(napi_env env, napi_callback_info info) noexcept {
  try {
    Call call(env, info);
    return function(call);
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "ERR_MEMORY_ALLOCATION_FAILED", "out of memory");
  }
  return nullptr;
}

// Adds functions to the addon's exports.
class Exports {
 public:
  Exports(napi_env env, napi_value exports, Environment& environment)
      : env_(env), exports_(exports), environment_(environment) {}

  template <Function function>
  void Add(const char* name) {
    AddFunction(name, &Entry<function>);
  }
  void AddConstant(const char* name, int32_t value);

 private:
  void AddFunction(const char* name, napi_callback callback);

  napi_env env_;
  napi_value exports_;
  Environment& environment_;
};

}  // namespace asyncore
