// The calls that move bytes, all on the JavaScript thread, and never blocking unless the user asked
// for a blocking socket. A pointer into a view is taken last, in the same call that uses it.
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "calls/address_call.h"
#include "calls/exports.h"
#include "descriptors/file_io.h"
#include "interruptions.h"

namespace asyncore {
namespace {

// Makes a system call that moves bytes: their number, or -errno.
template <typename SystemCall>
int Transfer(SystemCall call) {
  return static_cast<int>(Uninterrupted(call));
}

int ReceiveFlags(const Descriptor& socket, int flags) { return flags | socket.wait_flag(); }
int SendFlags(const Descriptor& socket, int flags) {
  return flags | socket.wait_flag() | MSG_NOSIGNAL;
}

// How and where bytes are received, as lib/descriptors/receive.ts has it: the arguments 1 to 3 are
// slab, pool and the memory of the numbers in `fields_`.
class Landing {
 public:
  explicit Landing(const Call& call) {
    const Bytes fields = call.Part(call.Memory(3), 0, sizeof fields_);
    memcpy(&fields_, fields.data, sizeof fields_);
    slab_ = call.Part(call.Memory(1), 0, fields_.size);
    pool_ = call.Part(call.Memory(2), fields_.place, fields_.least);
  }

  int flags() const { return fields_.flags; }
  void* data() const { return slab_.data; }
  size_t size() const { return slab_.size; }

  // Copies a small piece to its place in the pool. Returns what it is given.
  int Settle(int received) const {
    if (received > 0 && static_cast<size_t>(received) < pool_.size) {
      // With MSG_TRUNC, the system also counts what it threw away.
      memcpy(pool_.data, slab_.data, std::min(static_cast<size_t>(received), slab_.size));
    }
    return received;
  }

 private:
  struct {
    int32_t flags;  // of recv(2)
    int32_t size;   // the most bytes
    int32_t place;  // of a small piece, in the pool
    int32_t least;  // a piece of fewer bytes is small
  } fields_;
  Bytes slab_;
  Bytes pool_;
};

// recv(handle, slab, pool, landing): bytes | -errno
napi_value Recv(Call& call, Descriptor& socket) {
  const Landing landing(call);
  const int flags = ReceiveFlags(socket, landing.flags());
  return call.Return(landing.Settle(
      Transfer([&] { return recv(socket.fd(), landing.data(), landing.size(), flags); })));
}

// recvInto(handle, flags, view): bytes | -errno
napi_value RecvInto(Call& call, Descriptor& socket) {
  const int flags = ReceiveFlags(socket, call.Int(1));
  const Bytes bytes = call.View(2);
  return call.Return(Transfer([&] { return recv(socket.fd(), bytes.data, bytes.size, flags); }));
}

// recvfrom(2); `peer` and its size are filled in.
int ReceiveFrom(const Descriptor& socket, void* data, size_t most, int flags,
                sockaddr_storage* peer, socklen_t* size) {
  return Transfer([&] {
    *size = sizeof *peer;
    return recvfrom(socket.fd(), data, most, flags, reinterpret_cast<sockaddr*>(peer), size);
  });
}

// recvfrom(handle, slab, pool, landing, peer): bytes | -errno. peer[0] becomes the sender's
// address.
napi_value RecvFrom(Call& call, Descriptor& socket) {
  const Landing landing(call);
  const int flags = ReceiveFlags(socket, landing.flags());
  sockaddr_storage peer;
  socklen_t size;
  const int received = ReceiveFrom(socket, landing.data(), landing.size(), flags, &peer, &size);
  landing.Settle(received);
  // Last, because it may run JavaScript (a setter), which could take the memory away.
  if (received >= 0) call.SetElement(4, 0, ReturnAddress(call, peer, size));
  return call.Return(received);
}

// recvfromInto(handle, flags, view, peer): bytes | -errno. peer[0] becomes the sender's address.
napi_value RecvFromInto(Call& call, Descriptor& socket) {
  const int flags = ReceiveFlags(socket, call.Int(1));
  const Bytes bytes = call.View(2);
  sockaddr_storage peer;
  socklen_t size;
  const int received = ReceiveFrom(socket, bytes.data, bytes.size, flags, &peer, &size);
  if (received >= 0) call.SetElement(3, 0, ReturnAddress(call, peer, size));
  return call.Return(received);
}

// send(handle, view, flags): bytes | -errno
napi_value Send(Call& call, Descriptor& socket) {
  const int flags = SendFlags(socket, call.Int(2));
  const Bytes bytes = call.View(1);
  return call.Return(Transfer([&] { return send(socket.fd(), bytes.data, bytes.size, flags); }));
}

// sendto(handle, view, flags, host, port, flow, scope): bytes | -errno
napi_value SendTo(Call& call, Descriptor& socket) {
  sockaddr_storage peer;
  socklen_t size;
  const int error = ReadAddress(call, 3, socket.family(), &peer, &size);
  if (error < 0) return call.Return(error);
  const int flags = SendFlags(socket, call.Int(2));
  const Bytes bytes = call.View(1);
  return call.Return(Transfer([&] {
    return sendto(socket.fd(), bytes.data, bytes.size, flags, reinterpret_cast<sockaddr*>(&peer),
                  size);
  }));
}

// read(handle, slab, pool, landing): bytes | -errno
napi_value Read(Call& call, Descriptor& file) {
  const Landing landing(call);
  return call.Return(landing.Settle(ReadFile(file, landing.data(), landing.size())));
}

// readInto(handle, view): bytes | -errno
napi_value ReadInto(Call& call, Descriptor& file) {
  const Bytes bytes = call.View(1);
  return call.Return(ReadFile(file, bytes.data, bytes.size));
}

// write(handle, view): bytes | -errno
napi_value Write(Call& call, Descriptor& file) {
  const Bytes bytes = call.View(1);
  return call.Return(WriteFile(file, bytes.data, bytes.size));
}

// ignoreSigPipe(): unless somebody handles the signal. A write() to a pipe or terminal without a
// reader then fails with EPIPE, and nothing else happens.
napi_value IgnoreSigPipe(Call& call) {
  struct sigaction action;
  if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
    signal(SIGPIPE, SIG_IGN);
  }
  return call.Undefined();
}

}  // namespace

void ExportTransferCalls(Exports& exports) {
  exports.AddOnDescriptor<Recv>("recv");
  exports.AddOnDescriptor<RecvInto>("recvInto");
  exports.AddOnDescriptor<RecvFrom>("recvfrom");
  exports.AddOnDescriptor<RecvFromInto>("recvfromInto");
  exports.AddOnDescriptor<Send>("send");
  exports.AddOnDescriptor<SendTo>("sendto");
  exports.AddOnDescriptor<Read>("read");
  exports.AddOnDescriptor<ReadInto>("readInto");
  exports.AddOnDescriptor<Write>("write");
  exports.Add<IgnoreSigPipe>("ignoreSigPipe");
}

}  // namespace asyncore
