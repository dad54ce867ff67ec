// See terminal.h.
#include "descriptors/terminal.h"

#ifdef ASYNCORE_TERMIOS2
// TCGETS2 and TCSETS2, which musl's <sys/ioctl.h> leaves out.
#include <asm/ioctls.h>
#endif
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "interruptions.h"

namespace asyncore {
namespace {

int Result(int result) { return result < 0 ? -errno : 0; }

#ifdef __linux__

// The speeds that programs know by their codes, and that old ones know alone.
constexpr std::pair<int, unsigned> kSpeeds[] = {
    {300, B300},       {600, B600},       {1200, B1200},     {2400, B2400},      {4800, B4800},
    {9600, B9600},     {19200, B19200},   {38400, B38400},   {57600, B57600},    {115200, B115200},
    {230400, B230400}, {460800, B460800}, {921600, B921600}, {1000000, B1000000}};

int SetSpeed(Attributes* attributes, int baud_rate) {
  unsigned code = 0;
  for (const auto& [rate, known] : kSpeeds)
    if (rate == baud_rate) code = known;
#ifdef ASYNCORE_TERMIOS2
  attributes->c_cflag &= ~(CBAUD | CIBAUD);
  attributes->c_cflag |= code == 0 ? BOTHER : code;
  attributes->c_ispeed = attributes->c_ospeed = static_cast<speed_t>(baud_rate);
  return 0;
#else
  return code == 0 ? -EINVAL : Result(cfsetspeed(attributes, code));
#endif
}

#else

int SetSpeed(Attributes* attributes, int baud_rate) {
  return Result(cfsetspeed(attributes, static_cast<speed_t>(baud_rate)));
}

#endif

void SetFrame(Attributes* attributes, const Line& line) {
  tcflag_t& flags = attributes->c_cflag;
  static constexpr tcflag_t kSizes[] = {CS5, CS6, CS7, CS8};
  if (line.data_bits != 0) flags = (flags & ~CSIZE) | kSizes[(line.data_bits - 5) & 3];
  if (line.parity != 0) {
    flags &= ~(PARENB | PARODD);
    if (line.parity > 1) flags |= PARENB;
    if (line.parity == 3) flags |= PARODD;
  }
  if (line.stop_bits != 0) flags = line.stop_bits == 2 ? flags | CSTOPB : flags & ~CSTOPB;
  if (line.flow_control != 0) {
    flags = line.flow_control == 2 ? flags | CRTSCTS : flags & ~CRTSCTS;
    if (line.flow_control == 3) attributes->c_iflag |= IXON | IXOFF;
  }
}

}  // namespace

int GetAttributes(int fd, Attributes* attributes) {
#ifdef ASYNCORE_TERMIOS2
  return Result(ioctl(fd, TCGETS2, attributes));
#else
  return Result(tcgetattr(fd, attributes));
#endif
}

int SetAttributes(int fd, const Attributes& attributes) {
#ifdef ASYNCORE_TERMIOS2
  return Uninterrupted([&] { return ioctl(fd, TCSETS2, &attributes); });
#else
  return Uninterrupted([&] { return tcsetattr(fd, TCSANOW, &attributes); });
#endif
}

int MakeRaw(Attributes* attributes, const Line& line) {
  attributes->c_iflag &=
      ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF);
  attributes->c_oflag &= ~OPOST;
  attributes->c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN);
  if (!line.signals) attributes->c_lflag &= ~ISIG;
  attributes->c_cflag &= ~(CSIZE | PARENB);
  attributes->c_cflag |= CS8;
  attributes->c_cc[VMIN] = 1;
  attributes->c_cc[VTIME] = 0;
  SetFrame(attributes, line);
  if (line.baud_rate == 0) return 0;
  // A line, and no terminal that somebody sits at: it is read, and needs no carrier.
  attributes->c_cflag |= CREAD | CLOCAL;
  return SetSpeed(attributes, line.baud_rate);
}

bool AreEqual(const Attributes& one, const Attributes& other) {
  return one.c_iflag == other.c_iflag && one.c_oflag == other.c_oflag &&
         one.c_cflag == other.c_cflag && one.c_lflag == other.c_lflag &&
         memcmp(one.c_cc, other.c_cc, sizeof one.c_cc) == 0;
}

int GetWindowSize(int fd, winsize* size) { return Result(ioctl(fd, TIOCGWINSZ, size)); }

int SetWindowSize(int fd, const winsize& size) { return Result(ioctl(fd, TIOCSWINSZ, &size)); }

int GetTerminal(int fd, dev_t* device) {
#ifdef TIOCGDEV
  unsigned number;
  if (ioctl(fd, TIOCGDEV, &number) < 0) return -errno;
  *device = number;
  return 0;
#else
  struct stat file;
  if (!isatty(fd) || fstat(fd, &file) < 0) return -errno;
  *device = file.st_rdev;
  return 0;
#endif
}

int GetTerminalPath(int fd, char* path, size_t size) {
#ifdef __linux__
  if (ptsname_r(fd, path, size) == 0) return 0;
#endif
  return -ttyname_r(fd, path, size);
}

int OpenTerminalPair(int ends[2]) {
  const int first = posix_openpt(O_RDWR | O_NOCTTY);
  if (first < 0) return -errno;
  char path[128];
  int second = -1;
  if (fcntl(first, F_SETFD, FD_CLOEXEC) == 0 && fcntl(first, F_SETFL, O_RDWR | O_NONBLOCK) == 0 &&
      grantpt(first) == 0 && unlockpt(first) == 0) {
#ifdef TIOCGPTPEER
    // By the pair and not by a path, which may be another one's in another mount namespace.
    second = ioctl(first, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
#endif
    if (second < 0 && GetTerminalPath(first, path, sizeof path) == 0) {
      second = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    }
  }
  if (second < 0) {
    const int error = errno;
    close(first);
    return -error;
  }
  ends[0] = first;
  ends[1] = second;
  return 0;
}

}  // namespace asyncore
