// See changed_terminals.h. The handler of signals may run at any time in any thread, so that
// entries are never freed and only marked, and it calls nothing that is not async-signal-safe.
#include "descriptors/changed_terminals.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>

#include "descriptors/fatal_signals.h"

namespace asyncore {
namespace {

struct Entry {
  std::atomic<bool> is_changed{false};
  std::atomic<int> fd{-1};
  dev_t device;
  char path[128];
  timespec born;  // of the path's node
  Attributes before;
  Attributes after;
  bool is_line;
  Entry* next;
};

std::mutex mutex;  // for changes; the list may be read at any time
std::atomic<Entry*> first{nullptr};
std::atomic<pid_t> owner{0};

timespec BirthOf(const char* path) {
  struct stat node;
  if (path[0] == '\0' || stat(path, &node) < 0) return {0, 0};
#ifdef __APPLE__
  return node.st_ctimespec;
#else
  return node.st_ctim;
#endif
}

bool IsSameTime(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

// Whether `fd` is the terminal of the entry. The number of one that has gone is used again, and
// then the node is another one, and its attributes are not those that were set here.
bool IsSame(const Entry& entry, int fd) {
  dev_t device;
  Attributes now;
  if (GetTerminal(fd, &device) < 0 || device != entry.device) return false;
  if (IsSameTime(BirthOf(entry.path), entry.born)) return true;
  return GetAttributes(fd, &now) == 0 && AreEqual(now, entry.after);
}

Entry* Find(int fd) {
  for (Entry* entry = first; entry != nullptr; entry = entry->next) {
    if (entry->is_changed && IsSame(*entry, fd)) return entry;
  }
  return nullptr;
}

// Whether the terminal is no longer there.
bool IsGone(const Entry& entry) {
  return !IsSame(entry, entry.fd) && !IsSameTime(BirthOf(entry.path), entry.born);
}

// An entry that is not in use.
Entry* NewEntry() {
  for (Entry* entry = first; entry != nullptr; entry = entry->next) {
    if (entry->is_changed && !IsGone(*entry)) continue;
    entry->is_changed = false;
    return entry;
  }
  auto* entry = new Entry;
  entry->next = first;
  first = entry;
  return entry;
}

// A process in the background is stopped when it sets a terminal's attributes, unless this signal
// is blocked.
class WithoutStop {
 public:
  WithoutStop() {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &stop, &before_);
  }
  ~WithoutStop() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WithoutStop(const WithoutStop&) = delete;
  WithoutStop& operator=(const WithoutStop&) = delete;

 private:
  sigset_t before_;
};

void PutBack(Entry& entry) {
  if (!entry.is_changed) return;
  int fd = entry.fd;
  const bool is_open = IsSame(entry, fd);
  if (!is_open) {
    // Closed behind our back: once more by its path, unless there is another terminal now.
    if (!IsSameTime(BirthOf(entry.path), entry.born)) return;
    fd = open(entry.path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return;
  }
  if (entry.is_changed.exchange(false) && IsSame(entry, fd)) SetAttributes(fd, entry.before);
  if (!is_open) close(fd);
}

void PutBackAll() {
  // A child of fork() has no business with them.
  if (getpid() != owner) return;
  const int error = errno;
  const WithoutStop background;
  for (Entry* entry = first; entry != nullptr; entry = entry->next) PutBack(*entry);
  errno = error;
}

}  // namespace

int ChangeTerminal(int fd, const Line& line) {
  const std::lock_guard<std::mutex> lock(mutex);
  Attributes before;
  dev_t device;
  int error = GetTerminal(fd, &device);
  if (error == 0) error = GetAttributes(fd, &before);
  if (error < 0) return error;
  Attributes wanted = before;
  error = MakeRaw(&wanted, line);
  if (error < 0) return error;
  Entry* entry = Find(fd);
  if (entry == nullptr) {
    entry = NewEntry();
    entry->device = device;
    if (GetTerminalPath(fd, entry->path, sizeof entry->path) < 0) entry->path[0] = '\0';
    entry->born = BirthOf(entry->path);
    entry->before = before;
  }
  entry->after = wanted;
  entry->is_line = line.baud_rate != 0;
  entry->fd = fd;
  // Before the change, so that no end comes between.
  entry->is_changed = true;
  if (owner.exchange(getpid()) == 0) {
    StayLoaded();
    atexit(PutBackAll);
  }
  BeforeFatalSignals(PutBackAll);
  error = SetAttributes(fd, wanted);
  // The system may have set less than what was asked.
  GetAttributes(fd, &entry->after);
  return error;
}

int RestoreTerminal(int fd) {
  const std::lock_guard<std::mutex> lock(mutex);
  dev_t device;
  const int error = GetTerminal(fd, &device);
  if (error < 0) return error;
  Entry* const entry = Find(fd);
  if (entry == nullptr) return 0;
  entry->is_changed = false;
  return SetAttributes(fd, entry->before);
}

void RestoreBeforeClose(int fd) {
  for (Entry* entry = first; entry != nullptr; entry = entry->next) {
    if (!entry->is_changed || !entry->is_line || entry->fd != fd) continue;
    const WithoutStop background;
    RestoreTerminal(fd);
  }
}

void CatchEnds() {
  if (first != nullptr) BeforeFatalSignals(PutBackAll);
}

}  // namespace asyncore
