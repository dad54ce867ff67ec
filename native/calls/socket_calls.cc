// The calls that set a socket up and ask about it. All but socket() take a handle first, and return
// -errno if the system refuses; addresses come as four arguments (address_call.h).
#include <sys/socket.h>

#include <cerrno>

#include "calls/address_call.h"
#include "calls/exports.h"
#include "descriptors/non_blocking_now.h"
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
  return call.ReturnHandle(call.environment().Own(Descriptor(fd, family)));
}

// bind(handle, host, port, flow, scope): 0 | -errno
napi_value Bind(Call& call, Descriptor& socket) {
  sockaddr_storage storage;
  socklen_t size;
  const int error = ReadAddress(call, 1, socket.family(), &storage, &size);
  if (error < 0) return call.Return(error);
  return call.Return(Result(bind(socket.fd(), reinterpret_cast<sockaddr*>(&storage), size)));
}

// connect(handle, host, port, flow, scope): 0 | -errno
napi_value Connect(Call& call, Descriptor& socket) {
  sockaddr_storage storage;
  socklen_t size;
  const int error = ReadAddress(call, 1, socket.family(), &storage, &size);
  if (error < 0) return call.Return(error);
  const auto connect_it = [&] {
    return Result(connect(socket.fd(), reinterpret_cast<sockaddr*>(&storage), size));
  };
  const int result = socket.blocking() ? connect_it() : WithoutBlocking(socket.fd(), connect_it);
  // An interrupted connect goes on in the background, like any that does not block.
  return call.Return(result == -EINTR ? -EINPROGRESS : result);
}

// listen(handle, backlog): 0 | -errno
napi_value Listen(Call& call, Descriptor& socket) {
  return call.Return(Result(listen(socket.fd(), call.Int(1))));
}

// accept(handle): [handle, address] | -errno
napi_value Accept(Call& call, Descriptor& listener) {
  sockaddr_storage peer;
  socklen_t size;
  const auto accept = [&] { return OpenAccepted(listener.fd(), &peer, &size); };
  const int fd = listener.blocking() ? accept() : NeverBlocking(listener.fd(), POLLIN, accept);
  if (fd < 0) return call.Return(fd);
  Descriptor accepted(fd, listener.family());
  const Handle handle = call.environment().Own(std::move(accepted));
  return ReturnPair(call, call.ReturnHandle(handle), ReturnAddress(call, peer, size));
}

napi_value Name(Call& call, const Descriptor& socket, NameCall name) {
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
  if (name(socket.fd(), reinterpret_cast<sockaddr*>(&storage), &size) < 0) {
    return call.Return(-errno);
  }
  return ReturnAddress(call, storage, size);
}

// getsockname(handle), getpeername(handle): address | -errno
napi_value GetSockName(Call& call, Descriptor& socket) { return Name(call, socket, &getsockname); }
napi_value GetPeerName(Call& call, Descriptor& socket) { return Name(call, socket, &getpeername); }

// getsockopt(handle, level, name, view): bytes written | -errno
napi_value GetSockOpt(Call& call, Descriptor& socket) {
  const int level = call.Int(1);
  const int name = call.Int(2);
  const Bytes value = call.View(3);
  auto size = static_cast<socklen_t>(value.size);
  const int result = getsockopt(socket.fd(), level, name, value.data, &size);
  return call.Return(result < 0 ? -errno : static_cast<int>(size));
}

// setsockopt(handle, level, name, view): 0 | -errno
napi_value SetSockOpt(Call& call, Descriptor& socket) {
  const int level = call.Int(1);
  const int name = call.Int(2);
  const Bytes value = call.View(3);
  return call.Return(
      Result(setsockopt(socket.fd(), level, name, value.data, static_cast<socklen_t>(value.size))));
}

// shutdown(handle, how): 0 | -errno
napi_value Shutdown(Call& call, Descriptor& socket) {
  return call.Return(Result(shutdown(socket.fd(), call.Int(1))));
}

}  // namespace

void ExportSocketCalls(Exports& exports) {
  exports.Add<OpenSocketCall>("socket");
  exports.AddOnDescriptor<Bind>("bind");
  exports.AddOnDescriptor<Connect>("connect");
  exports.AddOnDescriptor<Listen>("listen");
  exports.AddOnDescriptor<Accept>("accept");
  exports.AddOnDescriptor<GetSockName>("getsockname");
  exports.AddOnDescriptor<GetPeerName>("getpeername");
  exports.AddOnDescriptor<GetSockOpt>("getsockopt");
  exports.AddOnDescriptor<SetSockOpt>("setsockopt");
  exports.AddOnDescriptor<Shutdown>("shutdown");
}

}  // namespace asyncore
