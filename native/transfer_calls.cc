// The calls that move bytes, all on the JavaScript thread and never blocking unless the user asked
// for a blocking socket. The pointer into a view is taken last, in the same call that uses it.
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "address_call.h"
#include "exports.h"

namespace asyncore {
namespace {

// A call that does not block is not interrupted by a signal; should one say so all the same, it is
// tried again, but not for ever.
template <typename System>
int Transfer(System system) {
  for (int tries = 0;;) {
    const ssize_t moved = system();
    if (moved >= 0) return static_cast<int>(moved);
    if (errno != EINTR || ++tries == 100) return -errno;
  }
}

int ReceiveFlags(const Descriptor& socket, int flags) { return flags | socket.wait_flag(); }
int SendFlags(const Descriptor& socket, int flags) {
  return flags | socket.wait_flag() | MSG_NOSIGNAL;
}

// recv(handle, view, offset, size, flags): bytes | -errno
napi_value Recv(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  const int flags = ReceiveFlags(*socket, call.Int(4));
  const Bytes bytes = call.View(1, 2, 3);
  return call.Return(Transfer([&] { return recv(socket->fd(), bytes.data, bytes.size, flags); }));
}

// recvfrom(handle, view, offset, size, flags): [bytes, address] | -errno
napi_value RecvFrom(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  const int flags = ReceiveFlags(*socket, call.Int(4));
  const Bytes bytes = call.View(1, 2, 3);
  sockaddr_storage peer;
  socklen_t size;
  const int received = Transfer([&] {
    size = sizeof peer;
    return recvfrom(socket->fd(), bytes.data, bytes.size, flags, reinterpret_cast<sockaddr*>(&peer),
                    &size);
  });
  if (received < 0) return call.Return(received);
  return ReturnPair(call, call.Return(received), ReturnAddress(call, peer, size));
}

// send(handle, view, flags): bytes | -errno
napi_value Send(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  const int flags = SendFlags(*socket, call.Int(2));
  const Bytes bytes = call.View(1);
  return call.Return(Transfer([&] { return send(socket->fd(), bytes.data, bytes.size, flags); }));
}

// sendto(handle, view, flags, host, port, flow, scope): bytes | -errno
napi_value SendTo(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  sockaddr_storage peer;
  socklen_t size;
  const int error = ReadAddress(call, 3, socket->family(), &peer, &size);
  if (error < 0) return call.Return(error);
  const int flags = SendFlags(*socket, call.Int(2));
  const Bytes bytes = call.View(1);
  return call.Return(Transfer([&] {
    return sendto(socket->fd(), bytes.data, bytes.size, flags, reinterpret_cast<sockaddr*>(&peer),
                  size);
  }));
}

// read(handle, view, offset, size): bytes | -errno
napi_value Read(Call& call) {
  const Descriptor* file = call.FindDescriptor(0);
  if (file == nullptr) return call.Return(-EBADF);
  const Bytes bytes = call.View(1, 2, 3);
  return call.Return(Transfer([&] { return read(file->fd(), bytes.data, bytes.size); }));
}

// write(handle, view): bytes | -errno
napi_value Write(Call& call) {
  const Descriptor* file = call.FindDescriptor(0);
  if (file == nullptr) return call.Return(-EBADF);
  const Bytes bytes = call.View(1);
  return call.Return(Transfer([&] { return write(file->fd(), bytes.data, bytes.size); }));
}

// ignoreSigPipe(): unless somebody handles it. A write() to a pipe or terminal without a reader
// then says EPIPE and nothing else.
napi_value IgnoreSigPipe(Call& call) {
  struct sigaction action;
  if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
    signal(SIGPIPE, SIG_IGN);
  }
  return call.Undefined();
}

}  // namespace

void ExportTransferCalls(Exports& exports) {
  exports.Add<Recv>("recv");
  exports.Add<RecvFrom>("recvfrom");
  exports.Add<Send>("send");
  exports.Add<SendTo>("sendto");
  exports.Add<Read>("read");
  exports.Add<Write>("write");
  exports.Add<IgnoreSigPipe>("ignoreSigPipe");
}

}  // namespace asyncore
