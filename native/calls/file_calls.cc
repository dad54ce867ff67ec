// The call that opens a file by its path.
#include "calls/exports.h"
#include "descriptors/open.h"

namespace asyncore {
namespace {

// openFile(path, flags, mode): handle | -errno. Never waits for the other end of a FIFO.
napi_value OpenFileByPath(Call& call) {
  const int fd = OpenFile(call.Text(0).c_str(), call.Int(1), static_cast<mode_t>(call.Int(2)));
  if (fd < 0) return call.Return(fd);
  return call.ReturnHandle(call.environment().Own(Descriptor(fd)));
}

}  // namespace

void ExportFileCalls(Exports& exports) { exports.Add<OpenFileByPath>("openFile"); }

}  // namespace asyncore
