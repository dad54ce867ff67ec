// The calls that serve descriptors of every kind, and those that open some: duplicate, adopt, pipe,
// socketpair. The numbers of descriptors enter only here: duplicateFile() and duplicateSocket()
// copy them, adoptSocket() checks them.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "calls/address_call.h"
#include "calls/exports.h"
#include "descriptors/open.h"

namespace asyncore {
namespace {

napi_value ReturnBoth(Call& call, const int ends[2], int family) {
  const Handle first = call.environment().Own(Descriptor(ends[0], family));
  const Handle second = call.environment().Own(Descriptor(ends[1], family));
  return ReturnPair(call, call.ReturnHandle(first), call.ReturnHandle(second));
}

// duplicateFile(fd): handle | -errno. Its reads and writes block where the file does.
napi_value DuplicateFile(Call& call) {
  const int fd = OpenDuplicate(call.Int(0));
  if (fd < 0) return call.Return(fd);
  Descriptor file(fd);
  file.AllowBlocking(true);
  return call.ReturnHandle(call.environment().Own(std::move(file)));
}

// The family of a socket, which its addresses are read by, or -errno: ENOTSOCK for anything else.
int FamilyOf(int fd) {
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) < 0) return -errno;
  return size >= sizeof(sa_family_t) ? storage.ss_family : AF_UNSPEC;
}

// duplicateSocket(fd): handle | -errno. No call on it blocks, and O_NONBLOCK, which others share,
// stays as it is.
napi_value DuplicateSocket(Call& call) {
  const int family = FamilyOf(call.Int(0));
  if (family < 0) return call.Return(family);
  const int fd = OpenDuplicate(call.Int(0));
  if (fd < 0) return call.Return(fd);
  return call.ReturnHandle(call.environment().Own(Descriptor(fd, family)));
}

// adoptSocket(fd): handle | -errno
napi_value AdoptSocket(Call& call) {
  const int fd = call.Int(0);
  const int family = FamilyOf(fd);
  if (family < 0) return call.Return(family);
  // Two owners would close it twice, the second time perhaps somebody else's file.
  if (call.environment().Owns(fd)) return call.Return(-EBUSY);
  Descriptor adopted(fd, family);
  int error = adopted.SetBlocking(false);
  if (error == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) error = -errno;
  if (error < 0) {
    adopted.Release();
    return call.Return(error);
  }
  return call.ReturnHandle(call.environment().Own(std::move(adopted)));
}

// pipe(): [read end, write end] | -errno
napi_value Pipe(Call& call) {
  call.environment().descriptors.Reserve(2);
  int ends[2];
  const int error = OpenPipe(ends);
  if (error < 0) return call.Return(error);
  return ReturnBoth(call, ends, AF_UNSPEC);
}

// socketpair(family, type): [handle, handle] | -errno
napi_value SocketPair(Call& call) {
  call.environment().descriptors.Reserve(2);
  int ends[2];
  const int family = call.Int(0);
  const int error = OpenSocketPair(family, call.Int(1), ends);
  if (error < 0) return call.Return(error);
  return ReturnBoth(call, ends, family);
}

// fileno(handle): fd | -EBADF
napi_value FileNo(Call& call, Descriptor& descriptor) { return call.Return(descriptor.fd()); }

// close(handle): 0 | -errno
napi_value Close(Call& call) { return call.Return(call.environment().Close(call.HandleAt(0))); }

// detach(handle): fd | -EBADF
napi_value Detach(Call& call) { return call.Return(call.environment().Detach(call.HandleAt(0))); }

// setBlocking(handle, on): 0 | -errno
napi_value SetBlocking(Call& call, Descriptor& descriptor) {
  return call.Return(descriptor.SetBlocking(call.Bool(1)));
}

// getBlocking(handle): 0 | 1 | -errno
napi_value GetBlocking(Call& call, Descriptor& descriptor) {
  const int flags = fcntl(descriptor.fd(), F_GETFL);
  return call.Return(flags < 0 ? -errno : (flags & O_NONBLOCK) == 0);
}

// allowBlocking(handle, on): 0 | -EBADF
napi_value AllowBlocking(Call& call, Descriptor& descriptor) {
  descriptor.AllowBlocking(call.Bool(1));
  return call.Return(0);
}

}  // namespace

void ExportDescriptorCalls(Exports& exports) {
  exports.Add<DuplicateFile>("duplicateFile");
  exports.Add<DuplicateSocket>("duplicateSocket");
  exports.Add<AdoptSocket>("adoptSocket");
  exports.Add<Pipe>("pipe");
  exports.Add<SocketPair>("socketpair");
  exports.AddOnDescriptor<FileNo>("fileno");
  exports.Add<Close>("close");
  exports.Add<Detach>("detach");
  exports.AddOnDescriptor<SetBlocking>("setBlocking");
  exports.AddOnDescriptor<GetBlocking>("getBlocking");
  exports.AddOnDescriptor<AllowBlocking>("allowBlocking");
}

}  // namespace asyncore
