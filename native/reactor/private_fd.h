// A descriptor of the reactor's own, which no user is given. Anybody in the process may close it all
// the same, and its number may be somebody else's then: it is used and closed only while it is still
// what it was.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

namespace asyncore {

class PrivateFd {
 public:
  PrivateFd() = default;
  explicit PrivateFd(int fd) : fd_(fd) {
    if (fd_ >= 0) fstat(fd_, &made_);
  }
  ~PrivateFd() { Close(); }
  PrivateFd(const PrivateFd&) = delete;
  PrivateFd& operator=(const PrivateFd&) = delete;
  PrivateFd(PrivateFd&& other) noexcept { *this = static_cast<PrivateFd&&>(other); }
  PrivateFd& operator=(PrivateFd&& other) noexcept {
    Close();
    fd_ = other.fd_;
    made_ = other.made_;
    other.fd_ = -1;
    return *this;
  }

  // -1 when there is none.
  int get() const { return fd_; }

  bool IsOurs() const {
    struct stat now;
    return fd_ >= 0 && fstat(fd_, &now) == 0 && now.st_dev == made_.st_dev &&
           now.st_ino == made_.st_ino && now.st_mode == made_.st_mode;
  }

  void Close() {
    if (IsOurs()) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
  struct stat made_ {};
};

}  // namespace asyncore
