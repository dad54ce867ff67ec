// Fuzzes the table of handles: any sequence of adding, removing and looking up, with handles that
// are alive, dead or forged, against a plain map. What JavaScript holds must never name another's.
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "../../native/descriptors/table.h"

using asyncore::Handle;
using asyncore::Table;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Owning pointers: what is lost or deleted twice is noticed.
  Table<std::unique_ptr<int>> table;
  std::map<Handle, int> model;
  std::vector<Handle> issued;
  for (size_t i = 0; i + 9 <= size; i += 9) {
    Handle any;
    std::memcpy(&any, data + i + 1, sizeof any);
    const Handle old = issued.empty() ? 0 : issued[any % issued.size()];
    switch (data[i] % 4) {
      case 0: {
        const int value = static_cast<int>(i);
        const Handle handle = table.Add(std::make_unique<int>(value));
        Require(handle != 0 && handle < (Handle{1} << 53) && model.count(handle) == 0);
        model[handle] = value;
        issued.push_back(handle);
        break;
      }
      case 1:
        if (model.count(old) == 0) break;
        Require(*table.Remove(old) == model[old]);
        model.erase(old);
        break;
      case 2: {
        auto* found = table.Find(old);
        Require((found != nullptr) == (model.count(old) == 1));
        if (found != nullptr) Require(**found == model[old]);
        break;
      }
      default: {
        auto* found = table.Find(any);
        Require((found != nullptr) == (model.count(any) == 1));
      }
    }
  }
  size_t alive = 0;
  table.ForEach([&](std::unique_ptr<int>& value) {
    Require(value != nullptr);
    ++alive;
  });
  Require(alive == model.size());
  return 0;
}
