// The search for terminators in received bytes: all of a stretch in one call, because a call for
// each of a thousand short lines would cost more than the search.
#include <string.h>

#include <algorithm>

#include "calls/exports.h"

namespace asyncore {
namespace {

// A mark of up to this size is found by its first byte, for which memchr() searches 32 bytes at a
// time; memmem() goes byte by byte, but takes no longer for a long mark that nearly matches
// everywhere.
constexpr size_t kShort = 8;

const uint8_t* Find(const uint8_t* at, const uint8_t* end, Bytes mark) {
  if (mark.size > kShort) {
    return static_cast<const uint8_t*>(
        memmem(at, static_cast<size_t>(end - at), mark.data, mark.size));
  }
  while (static_cast<size_t>(end - at) >= mark.size) {
    const size_t places = static_cast<size_t>(end - at) - mark.size + 1;
    at = static_cast<const uint8_t*>(memchr(at, mark.data[0], places));
    if (at == nullptr || memcmp(at, mark.data, mark.size) == 0) return at;
    ++at;
  }
  return nullptr;
}

// findMarks(view, from, size, mark, positions): how many positions of `mark` in the `size` bytes
// from `from` on were written into the Int32Array, in order, overlapping ones too. When it is full
// there may be more.
napi_value FindMarks(Call& call) {
  const auto from = static_cast<size_t>(call.Int(1));
  const Bytes mark = call.View(3);
  const Bytes room = call.View(4);
  const Bytes bytes = call.Part(call.View(0), call.Int(1), call.Int(2));
  auto* positions = reinterpret_cast<int32_t*>(room.data);
  const size_t most = room.size / sizeof *positions;
  const uint8_t* at = bytes.data;
  const uint8_t* const end = bytes.data + bytes.size;
  size_t count = 0;
  while (count < most && mark.size > 0) {
    const uint8_t* const found = Find(at, end, mark);
    if (found == nullptr) break;
    positions[count++] = static_cast<int32_t>(from + static_cast<size_t>(found - bytes.data));
    at = found + 1;
  }
  return call.Return(static_cast<int32_t>(count));
}

}  // namespace

void ExportScanCalls(Exports& exports) { exports.Add<FindMarks>("findMarks"); }

}  // namespace asyncore
