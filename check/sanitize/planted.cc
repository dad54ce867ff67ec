// Faults on purpose, one for each sanitizer: an addon of its own, built with the same flags and
// loaded in the same way as the one under test. If these are not found, nothing would be.
#include <node_api.h>

#include <climits>
#include <cstdlib>
#include <thread>

namespace {

// Where the compiler does not look.
volatile int hidden_one = 1;
void* volatile hidden_pointer;

napi_value Leak(napi_env, napi_callback_info) {
  hidden_pointer = std::malloc(12345);
  hidden_pointer = nullptr;
  return nullptr;
}

napi_value Overflow(napi_env, napi_callback_info) {
  char* bytes = static_cast<char*>(std::malloc(8));
  hidden_pointer = bytes;
  bytes[7 + hidden_one] = 1;
  std::free(bytes);
  return nullptr;
}

napi_value Undefined(napi_env, napi_callback_info) {
  int sum = INT_MAX;
  sum += hidden_one;
  hidden_one = sum == 0 ? 1 : hidden_one;
  return nullptr;
}

int unguarded = 0;

napi_value Race(napi_env, napi_callback_info) {
  const auto count = [] {
    for (int i = 0; i < 100000; ++i) ++unguarded;
  };
  std::thread other(count);
  count();
  other.join();
  return nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"leak", nullptr, Leak, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"overflow", nullptr, Overflow, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"undefined", nullptr, Undefined, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"race", nullptr, Race, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}

}  // namespace

NAPI_MODULE(planted, Init)
