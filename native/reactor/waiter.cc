// See waiter.h.
#include "reactor/waiter.h"

#include <signal.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace asyncore {
namespace {

constexpr auto kIdle = std::chrono::seconds(1);
constexpr auto kBlindPause = std::chrono::milliseconds(20);

bool Names(const std::vector<pollfd>& entries, int fd) {
  return std::any_of(entries.begin(), entries.end(),
                     [fd](const pollfd& entry) { return entry.fd == fd; });
}

// What select() would have told of what poll() has: poll() also reports what was not asked for.
short AsSelect(const pollfd& entry) {
  short told = static_cast<short>(entry.revents & POLLNVAL);
  if (entry.events & POLLIN && entry.revents & (POLLIN | POLLHUP | POLLERR)) told |= POLLIN;
  if (entry.events & POLLOUT && entry.revents & (POLLOUT | POLLERR)) told |= POLLOUT;
  if (entry.events & POLLPRI && entry.revents & POLLPRI) told |= POLLPRI;
  return told;
}

}  // namespace

void Waiter::Keep(bool keep) {
  std::lock_guard<std::mutex> lock(mutex_);
  kept_ = keep;
  // A loop that later finds the process out of descriptors can still be woken then.
  if (keep) wake_up_.Open();
  if (!keep && !running_) wake_up_.Close();
  changed_.notify_all();
}

int Waiter::Begin(PendingWait& wait) {
  if (!wait.armed) waits_.push_back(&wait);
  wait.armed = true;
  if (!running_) {
    if (const int error = Start(); error < 0) {
      End(wait);
      ended_ = false;
      return error;
    }
  }
  if (asleep_) Rouse();
  roused_ = true;
  return 0;
}

int Waiter::Start() {
  if (started_) pthread_join(thread_, nullptr);
  started_ = false;
  // The thread must take no signal: Node's handlers belong to Node's threads. A new thread inherits
  // the mask, so it is set around the creation and there is no window.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread_, nullptr, &Waiter::Main, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  started_ = running_ = error == 0;
  return -error;
}

// Has the thread look at what is asked of it.
void Waiter::Rouse() {
  changed_.notify_all();
  if (asleep_ && !roused_) wake_up_.Wake();
  roused_ = true;
}

void Waiter::Disarm(PendingWait& wait) {
  std::unique_lock<std::mutex> lock(mutex_);
  const bool was_ended = ended_;
  if (wait.armed) End(wait);
  ended_ = was_ended;
  const auto gathered = [&wait](const Share& share) { return share.wait == &wait; };
  if (asleep_ && std::any_of(shares_.begin(), shares_.end(), gathered)) {
    Rouse();
    const uint64_t sleep = sleeps_;
    left_.wait(lock, [&] { return !asleep_ || sleeps_ != sleep; });
  }
  for (Share& share : shares_)
    if (share.wait == &wait) share.wait = nullptr;
}

bool Waiter::Armed(const PendingWait& wait) {
  std::lock_guard<std::mutex> lock(mutex_);
  return wait.armed;
}

std::vector<Seen> Waiter::TakeSeen(PendingWait& wait) {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::move(wait.seen);
}

void Waiter::Leave(int fd) {
  std::unique_lock<std::mutex> lock(mutex_);
  const std::vector<PendingWait*> waits = waits_;
  for (PendingWait* wait : waits) {
    if (!Names(wait->entries, fd)) continue;
    End(*wait);
    Rouse();
  }
  if (!asleep_ || !Names(entries_, fd)) return;
  Rouse();
  const uint64_t sleep = sleeps_;
  left_.wait(lock, [&] { return !asleep_ || sleeps_ != sleep; });
}

void Waiter::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    Rouse();
  }
  if (started_) pthread_join(thread_, nullptr);
  started_ = false;
  wake_up_.Close();
}

// A wait is over: its owner is to look.
void Waiter::End(PendingWait& wait) {
  wait.armed = false;
  waits_.erase(std::remove(waits_.begin(), waits_.end(), &wait), waits_.end());
  ended_ = true;
}

void* Waiter::Main(void* self) {
#ifdef __linux__
  // For whoever looks at the process's threads.
  prctl(PR_SET_NAME, "asyncore");
#endif
  static_cast<Waiter*>(self)->Run();
  return nullptr;
}

void Waiter::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    if (ended_) {
      ended_ = false;
      // Not under the lock: the JavaScript thread, woken by this, would at once wait for it.
      lock.unlock();
      report_(data_);
      lock.lock();
    } else if (!waits_.empty()) {
      Gather();
      const int result = Sleep(lock);
      // poll() tells of what no select() beside it asks for, over and over again.
      if (!Settle(result) && result > 0 && entries_[0].revents == 0) Pause(lock);
    } else {
      roused_ = false;
      const auto is_asked = [this] { return stopping_ || ended_ || !waits_.empty(); };
      if (!changed_.wait_for(lock, kIdle, is_asked) && !kept_) break;
    }
  }
  running_ = false;
  if (stopping_ || !kept_) wake_up_.Close();
}

// The descriptor to be woken by, or -1. That it is still ours takes system calls to know: a
// stranger who closes it is found out as late as a sleep may last anyway.
int Waiter::WakeUpFd() {
  const int64_t now = MonotonicNow();
  if (wake_up_.fd() >= 0 && now - checked_ < kLongestSleep) return wake_up_.fd();
  checked_ = now;
  return wake_up_.Open() == 0 ? wake_up_.fd() : -1;
}

// Puts together what all waits ask for.
void Waiter::Gather() {
  entries_.assign(1, {WakeUpFd(), POLLIN, 0});
  shares_.clear();
  multiplex_ = waits_.front()->multiplex;
  deadline_ = MonotonicNow() + kLongestSleep;
  for (PendingWait* wait : waits_) {
    shares_.push_back(
        {wait, entries_.size(), wait->entries.size(), wait->slots, wait->stamp, wait->multiplex});
    entries_.insert(entries_.end(), wait->entries.begin(), wait->entries.end());
    deadline_ = std::min(deadline_, wait->deadline);
    if (wait->multiplex != multiplex_) multiplex_ = &WaitWithPoll;
  }
  roused_ = false;
}

// Sleeps until something is ready, the deadline has passed or the thread is roused. The result of
// the system call.
int Waiter::Sleep(std::unique_lock<std::mutex>& lock) {
  if (entries_[0].fd >= 0) {
    asleep_ = true;
    ++sleeps_;
    lock.unlock();
    const int result = multiplex_(entries_.data(), entries_.size(), deadline_);
    lock.lock();
    asleep_ = false;
    left_.notify_all();
    if (entries_[0].revents != 0) {
      checked_ = 0;
      wake_up_.Drain();
    }
    // More entries than descriptors may be open: the limit may have been met exactly without ours.
    if (result != -EINVAL) return result;
  }
  const int result = LookAtShares();
  if (result == 0) Pause(lock);
  return result;
}

// Waits a little without watching anything.
void Waiter::Pause(std::unique_lock<std::mutex>& lock) {
  changed_.wait_for(lock, kBlindPause, [this] { return stopping_ || roused_; });
}

// Looks at each wait's entries by themselves, without sleeping.
int Waiter::LookAtShares() {
  int ready = 0;
  for (const Share& share : shares_) {
    // The first may be no descriptor, but counts for the system.
    pollfd* const entries = &entries_[share.first];
    const size_t unused = entries[0].fd < 0 ? 1 : 0;
    entries[0].revents = 0;
    const int count = share.multiplex(entries + unused, share.count - unused, kNoWait);
    if (count < 0) return count;
    ready += count;
  }
  return ready;
}

// Ends the waits that are over; whether there are any, or the thread was roused. A refusal (ENOMEM)
// ends all: the look on the JavaScript thread that follows meets the same refusal and reports it.
bool Waiter::Settle(int result) {
  const int64_t now = MonotonicNow();
  for (Share& share : shares_) {
    if (share.wait == nullptr) continue;
    const bool is_over = result < 0 || Notice(share) || share.wait->deadline <= now;
    if (is_over && share.wait->armed) End(*share.wait);
  }
  shares_.clear();
  return ended_ || roused_;
}

// Whether anything has happened that the share's wait asks for; what is told only once is noted.
bool Waiter::Notice(Share& share) {
  bool is_ready = false;
  for (size_t i = 0; i < share.count; ++i) {
    const pollfd& entry = entries_[share.first + i];
    const short revents = share.multiplex == multiplex_ ? entry.revents : AsSelect(entry);
    if (revents == 0) continue;
    is_ready = true;
    if (revents & POLLPRI) {
      share.wait->seen.push_back(
          {share.slots[i], static_cast<short>(revents & (POLLPRI | POLLERR)), share.stamp});
    }
  }
  return is_ready;
}

}  // namespace asyncore
