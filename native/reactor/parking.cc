// See parking.h.
#include "reactor/parking.h"

#include <unistd.h>

#include <cerrno>

#include "interruptions.h"

#ifdef __linux__
#include <sys/epoll.h>
#endif

namespace asyncore {

#ifdef __linux__

namespace {

bool IsRegularFile(int fd) {
  struct stat file;
  return fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
}

}  // namespace

Parking::Outcome Parking::Park(int fd, uint32_t slot, short events, bool entered) {
  // Files of /proc and /sys tell some conditions once, to whoever asks; epoll asks more than once.
  if (!entered && IsRegularFile(fd)) return Outcome::kRefused;
  if (epoll_.get() < 0) {
    epoll_ = PrivateFd(epoll_create1(EPOLL_CLOEXEC));
    if (epoll_.get() < 0) return Outcome::kFailed;
  }
  epoll_event event{};
  // EPOLLIN and the like have the values of POLLIN and the like.
  event.events = static_cast<uint32_t>(static_cast<uint16_t>(events)) | EPOLLONESHOT;
  event.data.u32 = slot;
  // Rearming an entry is cheaper than removing and adding it.
  const int operation = entered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(epoll_.get(), operation, fd, &event) == 0) {
    if (!entered) ++entries_;
    return Outcome::kParked;
  }
  return errno == EPERM ? Outcome::kRefused : Outcome::kFailed;
}

void Parking::Remove(int fd) {
  if (epoll_.get() < 0) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  if (--entries_ == 0) Close();
}

void Parking::Close() {
  epoll_.Close();
  entries_ = 0;
}

bool Parking::Collect(std::vector<uint32_t>& slots) {
  constexpr int kMost = 256;
  epoll_event events[kMost];
  int count;
  do {
    count = Uninterrupted([&] { return epoll_wait(epoll_.get(), events, kMost, 0); });
    for (int i = 0; i < count; ++i) slots.push_back(events[i].data.u32);
  } while (count == kMost);
  return count >= 0;
}

#else  // no epoll: everything stays in the select/poll set

Parking::Outcome Parking::Park(int, uint32_t, short, bool) { return Outcome::kRefused; }
void Parking::Remove(int) {}
void Parking::Close() {}
bool Parking::Collect(std::vector<uint32_t>&) { return true; }

#endif

}  // namespace asyncore
