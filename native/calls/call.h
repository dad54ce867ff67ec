// A call from JavaScript: its arguments, whose types are checked as they are read, and its result.
// What they mean (ranges, families, options) is checked in TypeScript; here, only what memory
// safety needs. Raw Node-API, because these few nanoseconds are paid on every recv() and send().
#pragma once

#include <napi.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "environment.h"

namespace asyncore {

// The bytes of an ArrayBufferView or ArrayBuffer. Valid until JavaScript runs again.
struct Bytes {
  uint8_t* data;
  size_t size;
};

class Call {
 public:
  Call(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  Environment& environment() const { return *environment_; }

  // Each throws a TypeError if the argument is of another type.
  double Number(size_t index) const;
  int32_t Int(size_t index) const;
  bool Bool(size_t index) const;
  Bytes View(size_t index) const;
  std::vector<Bytes> Views(size_t index) const;  // of an array of ArrayBufferViews
  Bytes Memory(size_t index) const;              // of an ArrayBuffer
  // `size` of the bytes from `offset` on; throws a RangeError if there are not that many.
  Bytes Part(Bytes whole, int32_t offset, int32_t size) const;
  std::string Text(size_t index) const;  // of a string or an ArrayBufferView
  napi_value Value(size_t index) const { return values_[index]; }

  Handle HandleAt(size_t index) const;
  // The open descriptor that a handle names, or null.
  Descriptor* FindDescriptor(size_t index) const;
  // The open poll set that a handle names; throws a TypeError if there is none.
  PollSet& FindPollSet(size_t index) const;

  // Sets an element of an array that is an argument; throws a TypeError if it is none.
  void SetElement(size_t index, uint32_t element, napi_value value) const;

  napi_value Return(int32_t value) const;
  napi_value ReturnHandle(Handle handle) const;
  napi_value ReturnDouble(double value) const;
  napi_value Undefined() const;

 private:
  Bytes ViewOf(napi_value value, size_t index) const;

  static constexpr size_t kMostArguments = 7;

  // The argument as `get` reads it; throws a TypeError that asks for what is `wanted`.
  template <typename T>
  T Get(napi_status (*get)(napi_env, napi_value, T*), size_t index, const char* wanted) const;
  Bytes BytesOf(napi_status (*get)(napi_env, napi_value, void**, size_t*), napi_value value,
                size_t index, const char* wanted) const;

  napi_env env_;
  Environment* environment_ = nullptr;
  napi_value values_[kMostArguments];
};

using Function = napi_value (*)(Call& call);
using DescriptorFunction = napi_value (*)(Call& call, Descriptor& descriptor);

// The C function that Node-API calls: no C++ exception leaves it.
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

// A function on the descriptor whose handle is the first argument; -EBADF if there is none.
template <DescriptorFunction function>
napi_value OnDescriptor(Call& call) {
  Descriptor* const descriptor = call.FindDescriptor(0);
  return descriptor == nullptr ? call.Return(-EBADF) : function(call, *descriptor);
}

// Adds functions and constants to the addon's exports.
class Exports {
 public:
  Exports(napi_env env, napi_value exports, Environment& environment)
      : env_(env), exports_(exports), environment_(environment) {}

  template <Function function>
  void Add(const char* name) {
    AddFunction(name, &Entry<function>);
  }
  template <DescriptorFunction function>
  void AddOnDescriptor(const char* name) {
    Add<&OnDescriptor<function>>(name);
  }
  void AddConstant(const char* name, int32_t value);

 private:
  void AddFunction(const char* name, napi_callback callback);

  napi_env env_;
  napi_value exports_;
  Environment& environment_;
};

}  // namespace asyncore
