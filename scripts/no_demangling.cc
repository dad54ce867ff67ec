// For the addons that have the C++ library in them: what it says before it aborts names a type as the linker
// does ("St9bad_alloc"). Without the code that would write std::bad_alloc, an addon is smaller.
#include <cstddef>

extern "C" char* __cxa_demangle(const char*, char*, std::size_t*, int* status) {
  constexpr int kNoSuchName = -2;
  if (status != nullptr) *status = kNoSuchName;
  return nullptr;
}
