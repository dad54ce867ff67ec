// Socket addresses between their parts and struct sockaddr. Plain C++, no JavaScript: what parses
// bytes here can be fuzzed on its own.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace asyncore {

struct Address {
  int family = AF_UNSPEC;
  // An IP literal; for AF_UNIX the path, where a leading NUL is an abstract name; for families that
  // have no form here, the bytes that follow the family.
  std::string host;
  uint16_t port = 0;
  uint32_t flow = 0;
  uint32_t scope = 0;
};

// 0, or -EINVAL (no IP literal, or an unknown zone), -ENAMETOOLONG, -EAFNOSUPPORT.
int EncodeAddress(const Address& address, sockaddr_storage* storage, socklen_t* size);

// The parts of what the kernel wrote. An address of no bytes (an unnamed peer) has an empty host.
Address DecodeAddress(const sockaddr_storage& storage, socklen_t size);

}  // namespace asyncore
