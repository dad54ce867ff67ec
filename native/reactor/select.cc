// The select(2) backend of the seam. The bit sets are allocated to fit the highest fd, so that
// FD_SETSIZE is no limit and no memory is overrun: the kernel takes sets of any length.
#include <fcntl.h>
#include <sys/select.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <initializer_list>
#include <vector>

#include "reactor/multiplex.h"

namespace asyncore {
namespace {

using Word = unsigned long;
constexpr int kWordBits = sizeof(Word) * CHAR_BIT;
// The size of a process's descriptor table when it starts; it only grows.
constexpr int kLeastTable = 64;
// No descriptor has this number or a higher one unless the system was told to allow it (Linux:
// fs.nr_open). Bit sets for a wrong number could take hundreds of megabytes.
constexpr int kUnusual = 1 << 20;

// One of select's three sets.
class FdSet {
 public:
  void Clear(size_t words) { words_.assign(words, 0); }
  void Add(int fd) { words_[fd / kWordBits] |= Bit(fd); }
  bool Has(int fd) const { return (words_[fd / kWordBits] & Bit(fd)) != 0; }
  fd_set* get() { return reinterpret_cast<fd_set*>(words_.data()); }

 private:
  static Word Bit(int fd) { return Word{1} << (fd % kWordBits); }
  std::vector<Word> words_;
};

// select() fails as a whole when one fd is not open and does not say which; poll() does.
int MarkClosed(pollfd* entries, size_t count) {
  if (const int found = WaitWithPoll(entries, count, kNoWait); found < 0) return found;
  int closed = 0;
  for (size_t i = 0; i < count; ++i) {
    entries[i].revents = static_cast<short>(entries[i].revents & POLLNVAL);
    if (entries[i].revents != 0) ++closed;
  }
  return closed;
}

int Fill(pollfd* entries, size_t count, const FdSet& read, const FdSet& write,
         const FdSet& except) {
  int ready = 0;
  for (size_t i = 0; i < count; ++i) {
    pollfd& entry = entries[i];
    entry.revents = 0;
    if (entry.fd < 0) continue;
    // A set holds an fd once, no matter how many entries name it: each gets what it asked for.
    if ((entry.events & POLLIN) && read.Has(entry.fd)) entry.revents |= POLLIN;
    if ((entry.events & POLLOUT) && write.Has(entry.fd)) entry.revents |= POLLOUT;
    if ((entry.events & POLLPRI) && except.Has(entry.fd)) {
      // Of an fd that was closed during the call, Linux puts every bit into the sets.
      const bool is_open = fcntl(entry.fd, F_GETFD) >= 0;
      entry.revents = is_open ? static_cast<short>(entry.revents | POLLPRI) : POLLNVAL;
    }
    if (entry.revents != 0) ++ready;
  }
  return ready;
}

}  // namespace

int WaitWithSelect(pollfd* entries, size_t count, Deadline deadline) {
  int highest = -1;
  for (size_t i = 0; i < count; ++i) highest = std::max(highest, entries[i].fd);
  if (highest >= kUnusual) {
    const int closed = MarkClosed(entries, count);
    if (closed != 0) return closed;
  }
  // Without an fd, highest is -1, and the quotient is 0.
  const size_t words = static_cast<size_t>(highest / kWordBits) + 1;

  // Linux looks at no more descriptors than fit in the process's table and skips those beyond it,
  // as if they were never ready. One that is open is never beyond it, and the table never shrinks:
  // what this thread has seen in it need not be checked again.
  thread_local int room = kLeastTable;
  if (highest >= room) {
    if (fcntl(highest, F_GETFD) < 0) {
      const int closed = MarkClosed(entries, count);
      if (closed != 0) return closed;
    } else {
      room = highest + 1;
    }
  }

  // Their memory is kept for the next wait of this thread.
  thread_local FdSet read, write, except;
  for (Patience patience;;) {
    for (FdSet* set : {&read, &write, &except}) set->Clear(words);
    int asked = 0;
    for (size_t i = 0; i < count; ++i) {
      if (entries[i].fd < 0) continue;
      asked |= entries[i].events;
      if (entries[i].events & POLLIN) read.Add(entries[i].fd);
      if (entries[i].events & POLLOUT) write.Add(entries[i].fd);
      if (entries[i].events & POLLPRI) except.Add(entries[i].fd);
    }
    // Linux takes any tv_sec; other systems refuse more than 1e8 s, so longer waits are taken in
    // pieces.
    const int64_t left = TimeLeft(deadline, 1000, int64_t{100000000} * 1000000);
    timeval timeout{static_cast<time_t>(left / 1000000), static_cast<suseconds_t>(left % 1000000)};
    // Without those that are empty, which the system would copy in and out.
    const auto given = [asked](FdSet& set, int events) {
      return (asked & events) != 0 ? set.get() : nullptr;
    };
    const int ready = select(highest + 1, given(read, POLLIN), given(write, POLLOUT),
                             given(except, POLLPRI), deadline == kForever ? nullptr : &timeout);
    if (ready > 0) return Fill(entries, count, read, write, except);
    if (ready < 0) {
      const int error = errno;
      if (error == EBADF) {
        const int closed = MarkClosed(entries, count);
        if (closed != 0) return closed;
      }
      if (!patience.Allows(error)) return -error;
    } else if (left == 0) {
      for (size_t i = 0; i < count; ++i) entries[i].revents = 0;
      return 0;
    }
  }
}

}  // namespace asyncore
