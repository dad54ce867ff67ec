// See ancillary.h.
#include "descriptors/ancillary.h"

#include <fcntl.h>

#include <cstring>

namespace asyncore {
namespace {

#ifdef __linux__
// A pidfd of the sender, where SO_PASSPIDFD was set. Older headers lack the name.
constexpr int kScmPidFd = 0x04;
#endif

// The family of a socket; AF_UNSPEC for any other file.
int FamilyOf(int fd) {
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
#ifdef SO_DOMAIN
  int family;
  size = sizeof family;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0) return family;
#endif
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) < 0) return AF_UNSPEC;
  return storage.ss_family;
}

}  // namespace

#ifdef MSG_CMSG_CLOEXEC
const int kReceiveCloseOnExec = MSG_CMSG_CLOEXEC;
#else
const int kReceiveCloseOnExec = 0;
#endif

std::vector<char> EncodeAncillary(const std::vector<AncillaryItem>& items) {
  size_t size = 0;
  for (const AncillaryItem& item : items) size += CMSG_SPACE(item.size);
  std::vector<char> control(size);
  size_t place = 0;
  for (const AncillaryItem& item : items) {
    auto* const header = reinterpret_cast<cmsghdr*>(control.data() + place);
    header->cmsg_level = item.level;
    header->cmsg_type = item.type;
    header->cmsg_len = CMSG_LEN(item.size);
    if (item.size > 0) std::memcpy(CMSG_DATA(header), item.data, item.size);
    place += CMSG_SPACE(item.size);
  }
  return control;
}

bool CarriesDescriptors(const AncillaryItem& item) {
  if (item.level != SOL_SOCKET) return false;
#ifdef __linux__
  if (item.type == kScmPidFd) return true;
#endif
  return item.type == SCM_RIGHTS;
}

void TakeDescriptors(const AncillaryItem& item, std::vector<Descriptor>* taken) {
  for (size_t place = 0; place + sizeof(int) <= item.size; place += sizeof(int)) {
    int fd;
    std::memcpy(&fd, item.data + place, sizeof fd);
    // Of the sender of a message from another pid namespace there is no pidfd.
    if (fd < 0) continue;
    if (kReceiveCloseOnExec == 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
    taken->emplace_back(fd, FamilyOf(fd));
  }
}

}  // namespace asyncore
