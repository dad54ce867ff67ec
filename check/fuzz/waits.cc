// Fuzzes the two backends of the seam with any entries: descriptors of every kind, open, closed and
// negative, asked for anything, several times over. Both keep the contract of multiplex.h, and they
// agree with each other.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "../../native/reactor/multiplex.h"

using asyncore::kNoWait;
using asyncore::WaitWithPoll;
using asyncore::WaitWithSelect;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

// One of each kind that can be made; they live as long as the process.
std::vector<int> OpenAll() {
  int idle[2], full[2], ended[2], broken[2], pair[2], closed[2];
  for (int* ends : {idle, full, ended, broken, closed}) Require(pipe2(ends, O_NONBLOCK) == 0);
  char bytes[65536] = {};
  while (write(full[1], bytes, sizeof bytes) > 0) {
  }
  close(ended[1]);
  close(broken[0]);
  Require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  Require(send(pair[0], "x", 1, 0) == 1);
  // A number that is far above the others, as in a process with many.
  const int high = fcntl(idle[0], F_DUPFD, 900);
  close(closed[0]);
  close(closed[1]);
  return {idle[0],
          idle[1],
          full[0],
          full[1],
          ended[0],
          broken[1],
          pair[0],
          pair[1],
          high,
          open("/dev/null", O_RDWR),
          socket(AF_INET, SOCK_STREAM, 0),
          closed[0],
          -1,
          -1000000,
          5000};
}

// What select() is to say where poll() says `revents` of an entry that asks for `events`.
short AsSelect(short events, short revents) {
  short result = 0;
  if ((events & POLLIN) && (revents & (POLLIN | POLLHUP | POLLERR))) result |= POLLIN;
  if ((events & POLLOUT) && (revents & (POLLOUT | POLLERR))) result |= POLLOUT;
  if ((events & POLLPRI) && (revents & POLLPRI)) result |= POLLPRI;
  return result;
}

void CheckCount(const std::vector<pollfd>& entries, int count) {
  int ready = 0;
  for (const pollfd& entry : entries) {
    if (entry.fd < 0) Require(entry.revents == 0);
    if (entry.revents != 0) ++ready;
  }
  Require(ready == count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<int> kFds = OpenAll();
  std::vector<pollfd> polled;
  for (size_t i = 0; i + 2 <= size && polled.size() < 512; i += 2) {
    // select() cannot be told of a descriptor of which nothing is asked.
    const short events = data[i + 1] % 8 == 0 ? POLLIN : data[i + 1] & (POLLIN | POLLOUT | POLLPRI);
    // What was there before must not shine through.
    polled.push_back({kFds[data[i] % kFds.size()], events, -1});
  }
  std::vector<pollfd> selected = polled;
  CheckCount(polled, WaitWithPoll(polled.data(), polled.size(), kNoWait));
  CheckCount(selected, WaitWithSelect(selected.data(), selected.size(), kNoWait));
  bool any_closed = false;
  for (const pollfd& entry : polled) any_closed |= (entry.revents & POLLNVAL) != 0;
  for (size_t i = 0; i < polled.size(); ++i) {
    const short revents = polled[i].revents;
    // With one that is not open, select() only says which; the others come with the next wait.
    const short wanted = any_closed ? revents & POLLNVAL : AsSelect(polled[i].events, revents);
    Require(selected[i].revents == wanted);
  }
  return 0;
}
