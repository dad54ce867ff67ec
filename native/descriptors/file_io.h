// Reads and writes of files that never block, whatever O_NONBLOCK says at the moment: the flag
// belongs to the open file description, which other threads and processes may share and change at
// any time. It is neither trusted nor left set.
#pragma once

#include <cstddef>

#include "descriptors/descriptor.h"

namespace asyncore {

// As read(2) and write(2): the number of bytes, or -errno; -EAGAIN when that would block, unless
// the descriptor is to block.
int ReadFile(Descriptor& file, void* data, size_t size);
int WriteFile(Descriptor& file, const void* data, size_t size);

}  // namespace asyncore
