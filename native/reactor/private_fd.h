// A descriptor of the reactor's own, which no user is given. Anybody in the process may close it
// all the same, and its number may be somebody else's then: it is used and closed only while it is
// still what it was.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

namespace asyncore {

class PrivateFd {
 public:
  PrivateFd() = default;
  explicit PrivateFd(int fd) : fd_(fd) {
    if (fd_ < 0) return;
    fstat(fd_, &made_);
    Mark();
  }
  ~PrivateFd() { Close(); }
  PrivateFd(const PrivateFd&) = delete;
  PrivateFd& operator=(const PrivateFd&) = delete;
  PrivateFd(PrivateFd&& other) noexcept { *this = static_cast<PrivateFd&&>(other); }
  PrivateFd& operator=(PrivateFd&& other) noexcept {
    Close();
    fd_ = other.fd_;
    made_ = other.made_;
    mark_ = other.mark_;
    other.fd_ = -1;
    return *this;
  }

  // -1 when there is none.
  int get() const { return fd_; }

  bool IsOurs() const {
    struct stat now;
    return fd_ >= 0 && MarkOf(fd_) == mark_ && fstat(fd_, &now) == 0 &&
           now.st_dev == made_.st_dev && now.st_ino == made_.st_ino && now.st_mode == made_.st_mode;
  }

  void Close() {
    if (IsOurs()) close(fd_);
    fd_ = -1;
  }

 private:
  // All eventfds and epoll instances look alike to fstat(). The signal that would be sent if it
  // were asked for is a mark that nobody else gives them, and of 64 of ours, each has another.
#ifdef F_SETSIG
  void Mark() {
    static std::atomic<unsigned int> marks{0};
    const int signal = 1 + static_cast<int>(marks++ % 64);
    mark_ = fcntl(fd_, F_SETSIG, signal) == 0 ? signal : 0;
  }
  static int MarkOf(int fd) { return fcntl(fd, F_GETSIG); }
#else
  void Mark() {}
  static int MarkOf(int) { return 0; }
#endif

  int fd_ = -1;
  int mark_ = 0;
  struct stat made_ = {};
};

}  // namespace asyncore
