// The sleep of the JavaScript thread itself: one poll set is waited on just before libuv would sleep,
// with libuv's own descriptor as one more entry, so that nothing is handed over to a thread and back.
#pragma once

#include "reactor/multiplex.h"

namespace asyncore {

class PollSet;

class InlineSleep {
 public:
  InlineSleep() = default;
  InlineSleep(const InlineSleep&) = delete;
  InlineSleep& operator=(const InlineSleep&) = delete;

  // Asks for one wait on `set`, the next time that libuv would sleep. Whether it can be had: one set
  // at a time is waited on, and none for a while after the system refused one entry more. With
  // `spin`, the wait begins with repeated looks if the last ones were short.
  bool Ask(PollSet& set, Multiplex multiplex, Deadline deadline, bool spin);
  void Withdraw(const PollSet& set);
  bool asked() const { return set_ != nullptr; }

  // Waits as was asked, at most until `latest` or until `guest` is readable. Whether the wait is over:
  // something is ready, its deadline has passed, or the system refused it.
  bool Run(int guest, Deadline latest);

  // What the last wait found that was over: the number of events, or -errno.
  int result() const { return result_; }

 private:
  PollSet* set_ = nullptr;
  Multiplex multiplex_ = nullptr;
  Deadline deadline_ = kForever;
  bool spin_ = false;
  int short_waits_ = 0;  // in a row
  Deadline refused_until_ = 0;
  int result_ = 0;
};

}  // namespace asyncore
