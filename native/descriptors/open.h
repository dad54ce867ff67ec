// The system calls that bring a descriptor into being. Each is close-on-exec and, unless said
// otherwise, non-blocking from birth: atomically where the system can, so that no child process
// forked meanwhile inherits it. All return a descriptor or -errno.
#pragma once

#include <sys/socket.h>

namespace asyncore {

int OpenSocket(int family, int type, int protocol);
int OpenSocketPair(int family, int type, int ends[2]);
int OpenPipe(int ends[2]);
int OpenDuplicate(int fd);
// Fills the peer's address.
int OpenAccepted(int listener, sockaddr_storage* peer, socklen_t* size);

}  // namespace asyncore
