// See inline_sleep.h.
#include "reactor/inline_sleep.h"

#include <algorithm>
#include <cerrno>

#include "reactor/poll_set.h"

namespace asyncore {
namespace {

// How long to ask for no wait after the system refused one.
constexpr int64_t kRefused = 1000000000;
// The longest wait that counts as short, and how long looks are repeated: to fall asleep and to be
// woken takes about as long.
constexpr int64_t kShort = 50000;
// How many waits in a row must have been short; a single one may be chance.
constexpr int kStreak = 3;

}  // namespace

bool InlineSleep::Ask(PollSet& set, Multiplex multiplex, Deadline deadline, bool spin) {
  if (set_ != nullptr && set_ != &set) return false;
  if (refused_until_ != 0 && MonotonicNow() < refused_until_) return false;
  set_ = &set;
  multiplex_ = multiplex;
  deadline_ = deadline;
  spin_ = spin;
  return true;
}

void InlineSleep::Withdraw(const PollSet& set) {
  if (set_ == &set) set_ = nullptr;
}

bool InlineSleep::Run(int guest, Deadline latest) {
  PollSet& set = *set_;
  set_ = nullptr;
  const int64_t since = MonotonicNow();
  const Deadline until = std::min({deadline_, latest, since + kLongestSleep});
  const Deadline spins_until = spin_ && short_waits_ >= kStreak ? since + kShort : since;
  pollfd beside{guest, POLLIN, 0};
  bool sleeps;
  int64_t now = since;
  do {
    sleeps = now >= spins_until && now < until;
    result_ = set.LookBeside(&beside, multiplex_, sleeps ? until : kNoWait);
    now = MonotonicNow();
  } while (result_ == 0 && beside.revents == 0 && now < until && !sleeps);
  if (result_ > 0 || now >= until) {
    short_waits_ = now - since < kShort ? short_waits_ + 1 : 0;
  }
  // More entries than descriptors may be open: the limit may have been met exactly without the
  // guest.
  if (result_ == -EINVAL) {
    refused_until_ = now + kRefused;
    return false;
  }
  return result_ != 0 || now >= deadline_;
}

}  // namespace asyncore
