// The calls on terminals. They take the numbers of descriptors, because most terminals (0, 1 and 2)
// were opened by somebody else.
#include <sys/ioctl.h>

#include "calls/address_call.h"
#include "calls/exports.h"
#include "descriptors/changed_terminals.h"

namespace asyncore {
namespace {

// setRaw(fd, baud rate, data bits, parity, stop bits, flow control, signals): 0 | -errno
napi_value SetRaw(Call& call) {
  const Line line{call.Int(1), call.Int(2), call.Int(3), call.Int(4), call.Int(5), call.Bool(6)};
  return call.Return(ChangeTerminal(call.Int(0), line));
}

// restoreTerminal(fd): 0 | -errno
napi_value Restore(Call& call) { return call.Return(RestoreTerminal(call.Int(0))); }

// catchEnds(): see CatchEnds()
napi_value CatchAllEnds(Call& call) {
  CatchEnds();
  return call.Undefined();
}

// getWindowSize(fd, sizes): 0 | -errno. `sizes` gets rows, columns, width and height in pixels.
napi_value GetSize(Call& call) {
  const int fd = call.Int(0);
  winsize size;
  const int error = GetWindowSize(fd, &size);
  if (error < 0) return call.Return(error);
  const int values[] = {size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel};
  for (uint32_t i = 0; i < 4; i++) call.SetElement(1, i, call.Return(values[i]));
  return call.Return(0);
}

// setWindowSize(fd, rows, columns, width, height): 0 | -errno
napi_value SetSize(Call& call) {
  const auto part = [&](size_t index) { return static_cast<unsigned short>(call.Int(index)); };
  return call.Return(SetWindowSize(call.Int(0), {part(1), part(2), part(3), part(4)}));
}

// terminalPath(fd): path | -errno
napi_value TerminalPath(Call& call) {
  char path[128];
  const int error = GetTerminalPath(call.Int(0), path, sizeof path);
  if (error < 0) return call.Return(error);
  napi_value text = nullptr;
  napi_create_string_utf8(call.env(), path, NAPI_AUTO_LENGTH, &text);
  return text;
}

// openpty(): [handle, handle] | -errno
napi_value OpenPty(Call& call) {
  Environment& environment = call.environment();
  environment.descriptors.Reserve(2);
  int ends[2];
  const int error = OpenTerminalPair(ends);
  if (error < 0) return call.Return(error);
  const Handle first = environment.Own(Descriptor(ends[0]));
  const Handle second = environment.Own(Descriptor(ends[1]));
  return ReturnPair(call, call.ReturnHandle(first), call.ReturnHandle(second));
}

}  // namespace

void ExportTerminalCalls(Exports& exports) {
  exports.Add<SetRaw>("setRaw");
  exports.Add<Restore>("restoreTerminal");
  exports.Add<CatchAllEnds>("catchEnds");
  exports.Add<GetSize>("getWindowSize");
  exports.Add<SetSize>("setWindowSize");
  exports.Add<TerminalPath>("terminalPath");
  exports.Add<OpenPty>("openpty");
}

}  // namespace asyncore
