// See descriptor.h.
#include "descriptors/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#ifdef __linux__
#include <linux/kcmp.h>
#include <sys/syscall.h>
#endif

namespace asyncore {

Descriptor::Descriptor(Descriptor&& other) noexcept { *this = std::move(other); }

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    family_ = other.family_;
    blocking_ = other.blocking_;
    borrows_non_blocking_ = other.borrows_non_blocking_;
    owes_blocking_ = std::exchange(other.owes_blocking_, false);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

int Descriptor::SetBlocking(bool blocking) {
  const int flags = fcntl(fd_, F_GETFL);
  if (flags < 0) return -errno;
  const int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (wanted != flags && fcntl(fd_, F_SETFL, wanted) < 0) return -errno;
  blocking_ = blocking;
  return 0;
}

int Descriptor::BorrowNonBlocking() {
  const int flags = fcntl(fd_, F_GETFL);
  if (flags < 0) return -errno;
  if (!(flags & O_NONBLOCK)) {
    if (fcntl(fd_, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
    owes_blocking_ = true;
  }
  borrows_non_blocking_ = true;
  return 0;
}

void Descriptor::PutBlockingBack() {
  if (!owes_blocking_) return;
  const int flags = fcntl(fd_, F_GETFL);
  if (flags >= 0) fcntl(fd_, F_SETFL, flags & ~O_NONBLOCK);
  owes_blocking_ = false;
}

void Descriptor::HandOnTo(Descriptor& other) {
  other.owes_blocking_ = std::exchange(owes_blocking_, false);
}

bool Descriptor::SharesDescriptionWith(const Descriptor& other) const {
#ifdef __linux__
  const long order = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, fd_, other.fd_);
  if (order >= 0) return order == 0;
#endif
  // Without kcmp() (some sandboxes refuse it), the same file counts as the same description: the
  // flag may then be restored later than necessary, but never too early.
  struct stat mine, theirs;
  return fstat(fd_, &mine) == 0 && fstat(other.fd_, &theirs) == 0 && mine.st_dev == theirs.st_dev &&
         mine.st_ino == theirs.st_ino;
}

int Descriptor::Close() {
  if (fd_ < 0) return 0;
  PutBlockingBack();
  const int fd = std::exchange(fd_, -1);
  return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

}  // namespace asyncore
