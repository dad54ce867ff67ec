// See open.h.
#include "descriptors/open.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "interruptions.h"

namespace asyncore {
namespace {

#ifdef __linux__

constexpr int kTypeFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
int SetFlags(int fd) { return fd; }
int Accept(int listener, sockaddr* peer, socklen_t* size) {
  return accept4(listener, peer, size, kTypeFlags);
}
int Pipe(int ends[2]) { return pipe2(ends, O_NONBLOCK | O_CLOEXEC); }

#else

constexpr int kTypeFlags = 0;
int SetFlags(int fd) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0) return fd;
  const int error = errno;
  close(fd);
  return -error;
}
int Accept(int listener, sockaddr* peer, socklen_t* size) { return accept(listener, peer, size); }
int Pipe(int ends[2]) { return pipe(ends); }

#endif

int Finish(int fd) { return fd < 0 ? -errno : SetFlags(fd); }

int FinishBoth(int result, int ends[2]) {
  if (result < 0) return -errno;
  const int first = SetFlags(ends[0]);
  const int second = SetFlags(ends[1]);
  if (first >= 0 && second >= 0) return 0;
  if (first >= 0) close(first);
  if (second >= 0) close(second);
  return first < 0 ? first : second;
}

}  // namespace

int OpenSocket(int family, int type, int protocol) {
  return Finish(socket(family, type | kTypeFlags, protocol));
}

int OpenSocketPair(int family, int type, int ends[2]) {
  return FinishBoth(socketpair(family, type | kTypeFlags, 0, ends), ends);
}

int OpenPipe(int ends[2]) { return FinishBoth(Pipe(ends), ends); }

int OpenDuplicate(int fd) {
  const int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return duplicate < 0 ? -errno : duplicate;
}

int OpenFile(const char* path, int flags, mode_t mode) {
  return Uninterrupted([&] { return open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, mode); });
}

int OpenAccepted(int listener, sockaddr_storage* peer, socklen_t* size) {
  const int fd = Uninterrupted([&] {
    *size = sizeof *peer;
    return Accept(listener, reinterpret_cast<sockaddr*>(peer), size);
  });
  return fd < 0 ? fd : SetFlags(fd);
}

}  // namespace asyncore
