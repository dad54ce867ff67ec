// Ancillary data of messages between its parts and struct cmsghdr. Plain C++, no JavaScript.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "descriptors/descriptor.h"

namespace asyncore {

struct AncillaryItem {
  int level;
  int type;
  const uint8_t* data;
  size_t size;
};

// The bytes of `items` as sendmsg(2) takes them, aligned as it needs them.
std::vector<char> EncodeAncillary(const std::vector<AncillaryItem>& items);

// Calls `visit` with each item that recvmsg(2) has left in `message`. Nothing beyond msg_controllen
// is read, and no memory is got.
template <typename Visit>
void ForEachAncillary(msghdr& message, Visit visit) {
  const auto* const end = static_cast<const uint8_t*>(message.msg_control) + message.msg_controllen;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    const uint8_t* const data = CMSG_DATA(header);
    if (header->cmsg_len < CMSG_LEN(0) || data > end) return;
    // An item that was cut may name its whole length.
    const auto left = static_cast<size_t>(end - data);
    const size_t size = header->cmsg_len - CMSG_LEN(0);
    visit(AncillaryItem{header->cmsg_level, header->cmsg_type, data, size < left ? size : left});
  }
}

// Whether what the item carries are descriptors, which have come to be open in this process.
bool CarriesDescriptors(const AncillaryItem& item);

// Appends to `taken`, which must have room for them: from now on they are owned. Close-on-exec.
void TakeDescriptors(const AncillaryItem& item, std::vector<Descriptor>* taken);

// To be passed to recvmsg(2), so that no child process inherits what is received.
extern const int kReceiveCloseOnExec;

}  // namespace asyncore
