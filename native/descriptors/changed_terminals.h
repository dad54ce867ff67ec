// The terminals whose attributes this process has changed, and what they were. They are put back at
// the end of the process: when it exits, and when a signal ends it. One list for all environments,
// because a terminal belongs to the process.
#pragma once

#include "descriptors/terminal.h"

namespace asyncore {

// Makes the terminal raw, and remembers what it was the first time. 0 or -errno.
int ChangeTerminal(int fd, const Line& line);

// Puts back what the terminal was before ChangeTerminal(), if that was called. 0 or -errno.
int RestoreTerminal(int fd);

// Before `fd` is closed: does the same if ChangeTerminal() was called with it and a speed. To open
// a line once more at the end could reset the device at its other end; and a terminal without a
// speed may be there for a program.
void RestoreBeforeClose(int fd);

// Catches the signals that would end the process, if a terminal is to be put back then. Only those
// that nobody handles. To be called again when a handler was taken away.
void CatchEnds();

}  // namespace asyncore
