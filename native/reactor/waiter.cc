// See waiter.h.
#include "reactor/waiter.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "interruptions.h"

#ifdef __linux__
#include <sys/eventfd.h>
#endif

namespace asyncore {
namespace {

int OpenWakeUp(int* read_end, int* write_end) {
#ifdef __linux__
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return -errno;
  *read_end = *write_end = fd;
#else
  int ends[2];
  if (pipe(ends) < 0) return -errno;
  for (int end : ends) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
    fcntl(end, F_SETFL, O_NONBLOCK);
  }
  *read_end = ends[0];
  *write_end = ends[1];
#endif
  return 0;
}

}  // namespace

int Waiter::Open() { return wake_read_ >= 0 ? 0 : OpenWakeUp(&wake_read_, &wake_write_); }

int Waiter::Start() {
  if (const int error = Open(); error < 0) return error;
  // The thread must take no signals: Node's handlers belong to Node's threads. A new thread
  // inherits the mask, so setting it around the creation leaves no gap.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread_, nullptr, &Waiter::Main, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  started_ = error == 0;
  return -error;
}

int Waiter::Arm(const void* owner, const std::vector<pollfd>& entries, Multiplex multiplex,
                Deadline deadline) {
  if (!started_) {
    if (const int error = Start(); error < 0) return error;
  }
  entries_.assign(entries.begin(), entries.end());
  entries_.push_back({wake_read_, POLLIN, 0});
  owner_ = owner;
  multiplex_ = multiplex;
  deadline_ = deadline;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    busy_ = true;
  }
  changed_.notify_all();
  return 0;
}

void Waiter::Disarm() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!busy_) return;
  Wake();
  changed_.wait(lock, [this] { return !busy_; });
  Drain();
}

bool Waiter::Busy() {
  std::lock_guard<std::mutex> lock(mutex_);
  return busy_;
}

bool Waiter::BusyFor(const void* owner) { return Busy() && owner_ == owner; }

bool Waiter::Watches(int fd) {
  std::lock_guard<std::mutex> lock(mutex_);
  // While the thread is in the system call, only the kernel writes to the entries, and only to
  // revents: fd is stable.
  return busy_ && std::any_of(entries_.begin(), entries_.end(),
                              [fd](const pollfd& entry) { return entry.fd == fd; });
}

void Waiter::Stop() {
  if (started_) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
      Wake();
    }
    changed_.notify_all();
    pthread_join(thread_, nullptr);
    started_ = false;
  }
  if (wake_write_ != wake_read_) close(wake_write_);
  if (wake_read_ >= 0) close(wake_read_);
  wake_read_ = wake_write_ = -1;
}

void Waiter::Wake() {
  const uint64_t one = 1;
  // EAGAIN means that there is a wake-up already.
  Uninterrupted([&] { return write(wake_write_, &one, sizeof one); });
}

void Waiter::Drain() {
  uint64_t bytes[8];
  while (read(wake_read_, bytes, sizeof bytes) == sizeof bytes) {
  }
}

void* Waiter::Main(void* self) {
  static_cast<Waiter*>(self)->Run();
  return nullptr;
}

void Waiter::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return busy_ || stopping_; });
    if (stopping_) {
      busy_ = false;  // of a wait that was asked for but never began
      return;
    }
    lock.unlock();
    // A refusal (ENOMEM, EINVAL) ends the wait as an event does: the look on the JavaScript thread
    // that follows meets the same refusal and reports it.
    multiplex_(entries_.data(), entries_.size(), deadline_);
    lock.lock();
    busy_ = false;
    lock.unlock();
    changed_.notify_all();
    // Not under the lock: the JavaScript thread, woken by this, would have to wait for it at once.
    report_(data_);
    lock.lock();
  }
}

}  // namespace asyncore
