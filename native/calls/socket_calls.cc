// The socket calls that set a socket up and ask about it. Each takes a handle first and answers
// -errno where the system refuses; addresses come as four arguments (address_call.h).
#include <sys/socket.h>

#include <cerrno>

#include "calls/address_call.h"
#include "calls/exports.h"
#include "descriptors/open.h"

namespace asyncore {
namespace {

using NameCall = int (*)(int fd, sockaddr* address, socklen_t* size);

int Result(int result) { return result < 0 ? -errno : result; }

// socket(family, type, protocol): handle | -errno
napi_value OpenSocketCall(Call& call) {
  const int family = call.Int(0);
  const int fd = OpenSocket(family, call.Int(1), call.Int(2));
  if (fd < 0) return call.Return(fd);
  return call.ReturnHandle(call.environment().descriptors.Add(Descriptor(fd, family)));
}

// bind(handle, host, port, flow, scope): 0 | -errno
napi_value Bind(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  sockaddr_storage storage;
  socklen_t size;
  const int error = ReadAddress(call, 1, socket->family(), &storage, &size);
  if (error < 0) return call.Return(error);
  return call.Return(Result(bind(socket->fd(), reinterpret_cast<sockaddr*>(&storage), size)));
}

// connect(handle, host, port, flow, scope): 0 | -errno
napi_value Connect(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  sockaddr_storage storage;
  socklen_t size;
  const int error = ReadAddress(call, 1, socket->family(), &storage, &size);
  if (error < 0) return call.Return(error);
  const int result = Result(connect(socket->fd(), reinterpret_cast<sockaddr*>(&storage), size));
  // An interrupted connect goes on in the background, like any other one that does not block.
  return call.Return(result == -EINTR ? -EINPROGRESS : result);
}

// listen(handle, backlog): 0 | -errno
napi_value Listen(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  return call.Return(socket == nullptr ? -EBADF : Result(listen(socket->fd(), call.Int(1))));
}

// accept(handle): [handle, address] | -errno
napi_value Accept(Call& call) {
  const Descriptor* listener = call.FindDescriptor(0);
  if (listener == nullptr) return call.Return(-EBADF);
  sockaddr_storage peer;
  socklen_t size;
  const int fd = OpenAccepted(listener->fd(), &peer, &size);
  if (fd < 0) return call.Return(fd);
  Descriptor accepted(fd, listener->family());
  const Handle handle = call.environment().descriptors.Add(std::move(accepted));
  return ReturnPair(call, call.ReturnHandle(handle), ReturnAddress(call, peer, size));
}

napi_value Name(Call& call, NameCall name) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
  if (name(socket->fd(), reinterpret_cast<sockaddr*>(&storage), &size) < 0) {
    return call.Return(-errno);
  }
  return ReturnAddress(call, storage, size);
}

// getsockname(handle), getpeername(handle): address | -errno
napi_value GetSockName(Call& call) { return Name(call, &getsockname); }
napi_value GetPeerName(Call& call) { return Name(call, &getpeername); }

// getsockopt(handle, level, name, view): bytes written | -errno
napi_value GetSockOpt(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  const int level = call.Int(1);
  const int name = call.Int(2);
  const Bytes value = call.View(3);
  auto size = static_cast<socklen_t>(value.size);
  const int result = getsockopt(socket->fd(), level, name, value.data, &size);
  return call.Return(result < 0 ? -errno : static_cast<int>(size));
}

// setsockopt(handle, level, name, view): 0 | -errno
napi_value SetSockOpt(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  const int level = call.Int(1);
  const int name = call.Int(2);
  const Bytes value = call.View(3);
  return call.Return(Result(
      setsockopt(socket->fd(), level, name, value.data, static_cast<socklen_t>(value.size))));
}

// shutdown(handle, how): 0 | -errno
napi_value Shutdown(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  return call.Return(socket == nullptr ? -EBADF : Result(shutdown(socket->fd(), call.Int(1))));
}

}  // namespace

void ExportSocketCalls(Exports& exports) {
  exports.Add<OpenSocketCall>("socket");
  exports.Add<Bind>("bind");
  exports.Add<Connect>("connect");
  exports.Add<Listen>("listen");
  exports.Add<Accept>("accept");
  exports.Add<GetSockName>("getsockname");
  exports.Add<GetPeerName>("getpeername");
  exports.Add<GetSockOpt>("getsockopt");
  exports.Add<SetSockOpt>("setsockopt");
  exports.Add<Shutdown>("shutdown");
}

}  // namespace asyncore
