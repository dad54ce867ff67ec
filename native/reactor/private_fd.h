// A descriptor of the reactor's own, which no user is given. Anybody in the process may close it
// all the same, and its number may be somebody else's then: it is used and closed only while it is
// still what it was.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef F_SETOWN_EX
#include <sys/syscall.h>
#endif

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
  // All eventfds and epoll instances look alike to fstat(). One thread as the owner, to whom
  // signals would go if they were asked for, is a mark that nobody else gives them.
#ifdef F_SETOWN_EX
  void Mark() {
    const f_owner_ex owner{F_OWNER_TID, static_cast<pid_t>(syscall(SYS_gettid))};
    mark_ = fcntl(fd_, F_SETOWN_EX, &owner) == 0 ? owner.pid : 0;
  }
  static long MarkOf(int fd) {
    f_owner_ex owner;
    if (fcntl(fd, F_GETOWN_EX, &owner) < 0) return -1;
    return owner.type == F_OWNER_TID ? owner.pid : 0;
  }
#else
  void Mark() {}
  static long MarkOf(int) { return 0; }
#endif

  int fd_ = -1;
  long mark_ = 0;
  struct stat made_ {};
};

}  // namespace asyncore
