// See file_io.h.
#include "descriptors/file_io.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "interruptions.h"

namespace asyncore {
namespace {

using Manner = Descriptor::Manner;

Manner MannerOf(int fd) {
  struct stat file;
  if (fstat(fd, &file) < 0) return Manner::kFlagged;
  switch (file.st_mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFBLK:
      // They are always ready, and asked not to block they may never get on.
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

// Sets O_NONBLOCK for one call where it is not set.
class NonBlockingNow {
 public:
  NonBlockingNow(int fd, int flags) : fd_(fd), before_(flags) {
    if (borrowed()) fcntl(fd_, F_SETFL, before_ | O_NONBLOCK);
  }
  ~NonBlockingNow() {
    if (borrowed()) fcntl(fd_, F_SETFL, before_);
  }
  NonBlockingNow(const NonBlockingNow&) = delete;
  NonBlockingNow& operator=(const NonBlockingNow&) = delete;

  bool borrowed() const { return before_ >= 0 && (before_ & O_NONBLOCK) == 0; }

 private:
  const int fd_;
  const int before_;
};

bool IsReady(int fd, short events) {
  pollfd entry{fd, events, 0};
  return poll(&entry, 1, 0) != 0;
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
    default: {
      const int flags = fcntl(file.fd(), F_GETFL);
      const bool would_block = flags >= 0 && (flags & O_NONBLOCK) == 0;
      if (would_block && !IsReady(file.fd(), events)) return -EAGAIN;
      const NonBlockingNow now(file.fd(), flags);
      return static_cast<int>(Uninterrupted(plain));
    }
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
        const iovec bytes{data, size};
        return preadv2(fd, &bytes, 1, -1, RWF_NOWAIT);
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
        const iovec bytes{const_cast<void*>(data), size};
        return pwritev2(fd, &bytes, 1, -1, RWF_NOWAIT);
#else
        return -1;
#endif
      });
}

}  // namespace asyncore
