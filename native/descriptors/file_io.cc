// See file_io.h.
#include "descriptors/file_io.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include <cerrno>

#include "descriptors/non_blocking_now.h"
#include "interruptions.h"

namespace asyncore {
namespace {

using Manner = Descriptor::Manner;

#ifdef RWF_NOWAIT
// At the file's own position, -1. Elsewhere than with glibc the calls go by number: musl has the
// functions since 1.2.5 alone, and an older one does not load an addon that names them.

ssize_t ReadNow(int fd, const iovec& bytes) {
#ifdef __GLIBC__
  return preadv2(fd, &bytes, 1, -1, RWF_NOWAIT);
#else
  return syscall(SYS_preadv2, fd, &bytes, 1, -1L, -1L, RWF_NOWAIT);
#endif
}

ssize_t WriteNow(int fd, const iovec& bytes) {
#ifdef __GLIBC__
  return pwritev2(fd, &bytes, 1, -1, RWF_NOWAIT);
#else
  return syscall(SYS_pwritev2, fd, &bytes, 1, -1L, -1L, RWF_NOWAIT);
#endif
}
#endif

Manner MannerOf(int fd) {
  struct stat file;
  if (fstat(fd, &file) < 0) return Manner::kFlagged;
  switch (file.st_mode & S_IFMT) {
    case S_IFREG:
      // What has no size may be a file of /proc (kmsg) or of tracing, whose reads can block.
      return file.st_size == 0 ? Manner::kFlagged : Manner::kPlain;
    case S_IFDIR:
    case S_IFBLK:
      return Manner::kPlain;
    case S_IFSOCK:
      return Manner::kSocket;
    default:
#ifdef RWF_NOWAIT
      return Manner::kNoWait;
#else
      return Manner::kFlagged;
#endif
  }
}

#ifdef RWF_NOWAIT
// Whether a call that failed with `error` has to be made in another manner.
bool LacksNoWait(ssize_t result) {
  return result < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL);
}
#endif

// Makes a call in the file's manner. `events` is what makes it possible.
template <typename Plain, typename OnSocket, typename NoWait>
int Call(Descriptor& file, short events, Plain plain, OnSocket on_socket, NoWait no_wait) {
  if (file.blocking()) return static_cast<int>(Uninterrupted(plain));
  if (file.manner() == Manner::kUnknown) file.set_manner(MannerOf(file.fd()));
#ifdef RWF_NOWAIT
  if (file.manner() == Manner::kNoWait) {
    const ssize_t result = Uninterrupted([&] {
      const ssize_t moved = no_wait();
      if (LacksNoWait(moved)) file.set_manner(Manner::kFlagged);
      return moved;
    });
    if (file.manner() == Manner::kNoWait) return static_cast<int>(result);
  }
#else
  static_cast<void>(no_wait);
#endif
  switch (file.manner()) {
    case Manner::kPlain:
      return static_cast<int>(Uninterrupted(plain));
    case Manner::kSocket:
      return static_cast<int>(Uninterrupted(on_socket));
    default:
      return NeverBlocking(file.fd(), events,
                           [&] { return static_cast<int>(Uninterrupted(plain)); });
  }
}

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;
#endif

}  // namespace

int ReadFile(Descriptor& file, void* data, size_t size) {
  const int fd = file.fd();
  return Call(
      file, POLLIN, [&] { return read(fd, data, size); },
      [&] { return recv(fd, data, size, MSG_DONTWAIT); },
      [&]() -> ssize_t {
#ifdef RWF_NOWAIT
        return ReadNow(fd, {data, size});
#else
        return -1;
#endif
      });
}

int WriteFile(Descriptor& file, const void* data, size_t size) {
  const int fd = file.fd();
  return Call(
      file, POLLOUT, [&] { return write(fd, data, size); },
      [&] { return send(fd, data, size, MSG_DONTWAIT | kNoSignal); },
      [&]() -> ssize_t {
#ifdef RWF_NOWAIT
        return WriteNow(fd, {const_cast<void*>(data), size});
#else
        return -1;
#endif
      });
}

}  // namespace asyncore
