// One owned file descriptor. It is closed exactly once, by Close() or the destructor, and can be
// moved but not copied. It also remembers what to restore before it is closed: O_NONBLOCK on an
// open file description that other processes may share.
#pragma once

#include <sys/socket.h>

namespace asyncore {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd, int family = AF_UNSPEC) : fd_(fd), family_(family) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Close(); }

  int fd() const { return fd_; }
  int family() const { return family_; }
  // MSG_DONTWAIT unless the user asked for a blocking socket: a process that shares the
  // description may have cleared O_NONBLOCK behind our back.
  int wait_flag() const { return blocking_ ? 0 : MSG_DONTWAIT; }

  // 0 or -errno.
  int SetBlocking(bool blocking);
  // Sets O_NONBLOCK and remembers to clear it again if it was not set before. 0 or -errno.
  int BorrowNonBlocking();
  // Whether it needs O_NONBLOCK, no matter who set it.
  bool borrows_non_blocking() const { return borrows_non_blocking_; }
  bool owes_blocking() const { return owes_blocking_; }
  void PutBlockingBack();
  // Makes `other`, which shares this one's open file description, responsible for the flag instead.
  void HandOnTo(Descriptor& other);
  bool SharesDescriptionWith(const Descriptor& other) const;

  // 0 or -errno. Never retried: Linux has released the number even if close() fails with EINTR.
  int Close();
  // Gives up the number without closing it.
  int Release();

 private:
  int fd_ = -1;
  int family_ = AF_UNSPEC;
  bool blocking_ = false;
  bool borrows_non_blocking_ = false;
  bool owes_blocking_ = false;
};

}  // namespace asyncore
