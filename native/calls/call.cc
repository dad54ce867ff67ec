// See call.h.
#include "calls/call.h"

namespace asyncore {
namespace {

[[noreturn]] void ThrowType(napi_env env, size_t index, const char* wanted) {
  // JavaScript that the call has run (a setter) has thrown: there cannot be a second exception.
  bool is_pending = false;
  napi_is_exception_pending(env, &is_pending);
  if (is_pending) throw Napi::Error::New(env);
  throw Napi::TypeError::New(env, "argument " + std::to_string(index) + " must be " + wanted);
}

}  // namespace

Call::Call(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = kMostArguments;
  void* data;
  if (napi_get_cb_info(env, info, &count, values_, nullptr, &data) != napi_ok) {
    throw Napi::Error::New(env);
  }
  environment_ = static_cast<Environment*>(data);
}

template <typename T>
T Call::Get(napi_status (*get)(napi_env, napi_value, T*), size_t index, const char* wanted) const {
  T value;
  if (get(env_, values_[index], &value) != napi_ok) ThrowType(env_, index, wanted);
  return value;
}

double Call::Number(size_t index) const { return Get(&napi_get_value_double, index, "a number"); }

int32_t Call::Int(size_t index) const { return Get(&napi_get_value_int32, index, "an integer"); }

bool Call::Bool(size_t index) const { return Get(&napi_get_value_bool, index, "a boolean"); }

Handle Call::HandleAt(size_t index) const {
  return static_cast<Handle>(Get(&napi_get_value_int64, index, "a handle"));
}

Bytes Call::BytesOf(napi_status (*get)(napi_env, napi_value, void**, size_t*), napi_value value,
                    size_t index, const char* wanted) const {
  void* data = nullptr;
  size_t size = 0;
  if (get(env_, value, &data, &size) != napi_ok) ThrowType(env_, index, wanted);
  return {static_cast<uint8_t*>(data), size};
}

Bytes Call::ViewOf(napi_value value, size_t index) const {
  return BytesOf(&napi_get_buffer_info, value, index, "an ArrayBufferView");
}

Bytes Call::View(size_t index) const { return ViewOf(values_[index], index); }

std::vector<Bytes> Call::Views(size_t index) const {
  uint32_t count = 0;
  if (napi_get_array_length(env_, values_[index], &count) != napi_ok) {
    ThrowType(env_, index, "an array");
  }
  // To get an element may run JavaScript (a getter), so that pointers are taken after the last.
  std::vector<napi_value> elements(count);
  for (uint32_t i = 0; i < count; i++) {
    if (napi_get_element(env_, values_[index], i, &elements[i]) != napi_ok)
      throw Napi::Error::New(env_);
  }
  std::vector<Bytes> views;
  views.reserve(count);
  for (napi_value element : elements) views.push_back(ViewOf(element, index));
  return views;
}

Bytes Call::Memory(size_t index) const {
  return BytesOf(&napi_get_arraybuffer_info, values_[index], index, "an ArrayBuffer");
}

Bytes Call::Part(Bytes whole, int32_t offset, int32_t size) const {
  if (offset < 0 || size < 0 || static_cast<size_t>(offset) > whole.size ||
      static_cast<size_t>(size) > whole.size - static_cast<size_t>(offset)) {
    throw Napi::RangeError::New(env_, "there are not that many bytes");
  }
  return {whole.data + offset, static_cast<size_t>(size)};
}

std::string Call::Text(size_t index) const {
  size_t size = 0;
  if (napi_get_value_string_utf8(env_, values_[index], nullptr, 0, &size) != napi_ok) {
    const Bytes bytes = View(index);
    return std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
  }
  std::string text(size, '\0');
  // The size counts no terminator, the capacity does: std::string has room for one.
  napi_get_value_string_utf8(env_, values_[index], text.data(), size + 1, &size);
  return text;
}

Descriptor* Call::FindDescriptor(size_t index) const {
  return environment_->descriptors.Find(HandleAt(index));
}

PollSet& Call::FindPollSet(size_t index) const {
  const auto* found = environment_->poll_sets.Find(HandleAt(index));
  if (found == nullptr) ThrowType(env_, index, "an open poll set");
  return **found;
}

void Call::SetElement(size_t index, uint32_t element, napi_value value) const {
  if (napi_set_element(env_, values_[index], element, value) != napi_ok) {
    ThrowType(env_, index, "an array");
  }
}

napi_value Call::Return(int32_t value) const {
  napi_value result = nullptr;
  napi_create_int32(env_, value, &result);
  return result;
}

napi_value Call::ReturnHandle(Handle handle) const {
  napi_value result = nullptr;
  napi_create_double(env_, static_cast<double>(handle), &result);
  return result;
}

napi_value Call::ReturnDouble(double value) const {
  napi_value result = nullptr;
  napi_create_double(env_, value, &result);
  return result;
}

napi_value Call::Undefined() const {
  napi_value result = nullptr;
  napi_get_undefined(env_, &result);
  return result;
}

void Exports::AddFunction(const char* name, napi_callback callback) {
  napi_value function;
  if (napi_create_function(env_, name, NAPI_AUTO_LENGTH, callback, &environment_, &function) !=
          napi_ok ||
      napi_set_named_property(env_, exports_, name, function) != napi_ok) {
    throw Napi::Error::New(env_);
  }
}

void Exports::AddConstant(const char* name, int32_t value) {
  napi_value number;
  if (napi_create_int32(env_, value, &number) != napi_ok ||
      napi_set_named_property(env_, exports_, name, number) != napi_ok) {
    throw Napi::Error::New(env_);
  }
}

}  // namespace asyncore
