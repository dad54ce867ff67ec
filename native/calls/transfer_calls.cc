// The calls that move bytes, all on the JavaScript thread and never blocking unless the user asked
// for a blocking socket. The pointer into a view is taken last, in the same call that uses it.
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "calls/address_call.h"
#include "calls/exports.h"

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

// Where received bytes land (see receive.ts): arguments `first` to `first` + 5 are slab, offset,
// size, pool, place, least.
class Landing {
 public:
  Landing(const Call& call, size_t first)
      : slab_(call.Part(call.Memory(first), call.Int(first + 1), call.Int(first + 2))),
        least_(call.Int(first + 5)),
        pool_(call.Part(call.Memory(first + 3), call.Int(first + 4), least_)) {}

  void* data() const { return slab_.data; }
  size_t size() const { return slab_.size; }

  // Copies a piece of fewer than `least` bytes to its place in the pool.
  int Settle(int received) const {
    if (received > 0 && received < least_) {
      // With MSG_TRUNC the system counts what it threw away, too.
      memcpy(pool_.data, slab_.data, std::min(static_cast<size_t>(received), slab_.size));
    }
    return received;
  }

 private:
  Bytes slab_;
  int32_t least_;
  Bytes pool_;
};

// recv(handle, flags, slab, offset, size, pool, place, least): bytes | -errno
napi_value Recv(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  const int flags = ReceiveFlags(*socket, call.Int(1));
  const Landing landing(call, 2);
  return call.Return(landing.Settle(
      Transfer([&] { return recv(socket->fd(), landing.data(), landing.size(), flags); })));
}

// recvInto(handle, flags, view): bytes | -errno
napi_value RecvInto(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  const int flags = ReceiveFlags(*socket, call.Int(1));
  const Bytes bytes = call.View(2);
  return call.Return(Transfer([&] { return recv(socket->fd(), bytes.data, bytes.size, flags); }));
}

// recvfrom(handle, flags, slab, offset, size, pool, place, least): [bytes, address] | -errno
napi_value RecvFrom(Call& call) {
  const Descriptor* socket = call.FindDescriptor(0);
  if (socket == nullptr) return call.Return(-EBADF);
  const int flags = ReceiveFlags(*socket, call.Int(1));
  const Landing landing(call, 2);
  sockaddr_storage peer;
  socklen_t size;
  const int received = Transfer([&] {
    size = sizeof peer;
    return recvfrom(socket->fd(), landing.data(), landing.size(), flags,
                    reinterpret_cast<sockaddr*>(&peer), &size);
  });
  if (received < 0) return call.Return(received);
  landing.Settle(received);
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

// read(handle, slab, offset, size, pool, place, least): bytes | -errno
napi_value Read(Call& call) {
  const Descriptor* file = call.FindDescriptor(0);
  if (file == nullptr) return call.Return(-EBADF);
  const Landing landing(call, 1);
  return call.Return(
      landing.Settle(Transfer([&] { return read(file->fd(), landing.data(), landing.size()); })));
}

// readInto(handle, view): bytes | -errno
napi_value ReadInto(Call& call) {
  const Descriptor* file = call.FindDescriptor(0);
  if (file == nullptr) return call.Return(-EBADF);
  const Bytes bytes = call.View(1);
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
  exports.Add<RecvInto>("recvInto");
  exports.Add<RecvFrom>("recvfrom");
  exports.Add<Send>("send");
  exports.Add<SendTo>("sendto");
  exports.Add<Read>("read");
  exports.Add<ReadInto>("readInto");
  exports.Add<Write>("write");
  exports.Add<IgnoreSigPipe>("ignoreSigPipe");
}

}  // namespace asyncore
