// One owned file descriptor. It is closed exactly once, by Close() or by the destructor, and can
// be moved but not copied.
#pragma once

#include <sys/socket.h>

#include <cstdint>

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

  bool blocking() const { return blocking_; }

  // Sets O_NONBLOCK, or clears it. 0 or -errno.
  int SetBlocking(bool blocking);
  // Whether reads and writes may block; O_NONBLOCK stays as it is.
  void AllowBlocking(bool allow) { blocking_ = allow; }

  // How reads and writes are kept from blocking (file_io.h).
  enum class Manner : unsigned char {
    kUnknown,
    kPlain,    // not at all: the file is always ready
    kSocket,   // by MSG_DONTWAIT
    kNoWait,   // by RWF_NOWAIT
    kFlagged,  // by O_NONBLOCK, for as long as the call takes
  };
  Manner manner() const { return manner_; }
  void set_manner(Manner manner) { manner_ = manner; }

  // Of a signalfd: the signals are held until it is closed (signal_mask.h).
  void HoldSignals(uint64_t signals);
  // Leaves them held: the process ends, and none that is pending is to end it in another way.
  void KeepSignals() { signals_ = 0; }

  // 0 or -errno. Never retried: Linux has released the number even if close() fails with EINTR.
  int Close();
  // Gives up the number without closing it.
  int Release();

 private:
  int fd_ = -1;
  int family_ = AF_UNSPEC;
  bool blocking_ = false;
  Manner manner_ = Manner::kUnknown;
  uint64_t signals_ = 0;
};

}  // namespace asyncore
