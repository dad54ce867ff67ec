// The system calls that open a descriptor. Each is close-on-exec and, unless stated otherwise,
// non-blocking from birth: atomically if the system can do that, so that no child process forked
// meanwhile inherits it. All return a descriptor (or 0, with two in `ends`) or -errno.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

namespace asyncore {

int OpenSocket(int family, int type, int protocol);
int OpenSocketPair(int family, int type, int ends[2]);
int OpenPipe(int ends[2]);
int OpenDuplicate(int fd);
// open(2). A terminal does not become the controlling one.
int OpenFile(const char* path, int flags, mode_t mode);
// Fills the peer's address.
int OpenAccepted(int listener, sockaddr_storage* peer, socklen_t* size);

}  // namespace asyncore
