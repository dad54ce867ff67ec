// What a terminal has beside its bytes: its attributes (termios) and its window size, and the call
// that opens a pair. Every function returns 0 or -errno.
#pragma once

#include <sys/types.h>

#include <cstddef>

#if defined(__linux__) && __has_include(<asm/termbits.h>)
// The system's own header instead of libc's, because only its termios2 has every speed.
#include <asm/termbits.h>
#define ASYNCORE_TERMIOS2 1
#else
#include <termios.h>
#endif

struct winsize;

namespace asyncore {

#ifdef ASYNCORE_TERMIOS2
using Attributes = termios2;
#else
using Attributes = termios;
#endif

// What setRaw() can ask for. 0 leaves as it is, unless stated otherwise.
struct Line {
  int baud_rate;
  int data_bits;     // 5 to 8
  int parity;        // 1 none, 2 even, 3 odd
  int stop_bits;     // 1 or 2
  int flow_control;  // 1 none, 2 hardware, 3 software
  bool signals;      // whether Ctrl-C and its kin still raise signals
};

int GetAttributes(int fd, Attributes* attributes);
int SetAttributes(int fd, const Attributes& attributes);
// As cfmakeraw(3), and the line's own settings. -EINVAL for a speed that this system cannot have.
int MakeRaw(Attributes* attributes, const Line& line);
bool AreEqual(const Attributes& one, const Attributes& other);

int GetWindowSize(int fd, winsize* size);
int SetWindowSize(int fd, const winsize& size);

// The terminal's device number, the same for both ends of a pair.
int GetTerminal(int fd, dev_t* device);
// The path of the terminal, or that of the other end where `fd` is the first end of a pair.
int GetTerminalPath(int fd, char* path, size_t size);

// Opens a pair: both ends are close-on-exec, and the first is non-blocking. The second is what
// programs get as their terminal, and few of them can handle EAGAIN.
int OpenTerminalPair(int ends[2]);

}  // namespace asyncore
