// See address.h.
#include "descriptors/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace asyncore {
namespace {

// A sockaddr of type T in `storage`, which is zero.
template <typename T>
T& Place(sockaddr_storage* storage, socklen_t* size) {
  std::memset(storage, 0, sizeof *storage);
  *size = sizeof(T);
  return *reinterpret_cast<T*>(storage);
}

int EncodeInet(const Address& address, sockaddr_storage* storage, socklen_t* size) {
  auto& in = Place<sockaddr_in>(storage, size);
  in.sin_family = AF_INET;
  in.sin_port = htons(address.port);
  // inet_pton takes four decimal numbers and nothing else, unlike getaddrinfo ("0x7f.1").
  return inet_pton(AF_INET, address.host.c_str(), &in.sin_addr) == 1 ? 0 : -EINVAL;
}

// The interface that a zone (what follows the % of an IPv6 address) names, or whose number it is.
bool FindZone(const std::string& zone, uint32_t* scope) {
  *scope = if_nametoindex(zone.c_str());
  if (*scope != 0) return true;
  const char* const end = zone.data() + zone.size();
  const auto [stop, error] = std::from_chars(zone.data(), end, *scope);
  return error == std::errc() && stop == end;
}

int EncodeInet6(const Address& address, sockaddr_storage* storage, socklen_t* size) {
  auto& in = Place<sockaddr_in6>(storage, size);
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(address.port);
  in.sin6_flowinfo = htonl(address.flow);
  in.sin6_scope_id = address.scope;
  const size_t percent = address.host.find('%');
  if (percent != std::string::npos) {
    if (!FindZone(address.host.substr(percent + 1), &in.sin6_scope_id)) return -EINVAL;
  }
  const std::string literal = address.host.substr(0, percent);
  return inet_pton(AF_INET6, literal.c_str(), &in.sin6_addr) == 1 ? 0 : -EINVAL;
}

int EncodeUnix(const Address& address, sockaddr_storage* storage, socklen_t* size) {
  auto& un = Place<sockaddr_un>(storage, size);
  un.sun_family = AF_UNIX;
  const std::string& path = address.host;
  const bool abstract = !path.empty() && path[0] == '\0';
  // A path ends with NUL; an abstract name is as long as the address says.
  if (path.size() + (abstract ? 0 : 1) > sizeof un.sun_path) return -ENAMETOOLONG;
  std::memcpy(un.sun_path, path.data(), path.size());
  *size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (!abstract && !path.empty()) ++*size;
  return 0;
}

// A family that has no form of its own here: the bytes that follow the family.
int EncodeBytes(const Address& address, sockaddr_storage* storage, socklen_t* size) {
  constexpr size_t kStart = offsetof(sockaddr, sa_data);
  std::memset(storage, 0, sizeof *storage);
  storage->ss_family = static_cast<sa_family_t>(address.family);
  if (address.host.size() > sizeof *storage - kStart) return -ENAMETOOLONG;
  std::memcpy(reinterpret_cast<char*>(storage) + kStart, address.host.data(), address.host.size());
  *size = static_cast<socklen_t>(kStart + address.host.size());
  return 0;
}

Address DecodeBytes(const sockaddr_storage& storage, socklen_t size) {
  constexpr socklen_t kStart = offsetof(sockaddr, sa_data);
  Address address;
  address.family = storage.ss_family;
  // The kernel may name a length that is more than it was given room for.
  const auto end = std::min<size_t>(size, sizeof storage);
  address.host.assign(reinterpret_cast<const char*>(&storage) + kStart, end - kStart);
  return address;
}

Address DecodeUnix(const sockaddr_storage& storage, socklen_t size) {
  const auto& un = reinterpret_cast<const sockaddr_un&>(storage);
  Address address;
  address.family = AF_UNIX;
  constexpr socklen_t kStart = offsetof(sockaddr_un, sun_path);
  if (size <= kStart) return address;
  const size_t length = std::min<size_t>(size - kStart, sizeof un.sun_path);
  const bool abstract = un.sun_path[0] == '\0';
  address.host.assign(un.sun_path, abstract ? length : strnlen(un.sun_path, length));
  return address;
}

}  // namespace

int EncodeAddress(const Address& address, sockaddr_storage* storage, socklen_t* size) {
  switch (address.family) {
    case AF_INET:
      return EncodeInet(address, storage, size);
    case AF_INET6:
      return EncodeInet6(address, storage, size);
    case AF_UNIX:
      return EncodeUnix(address, storage, size);
    case AF_UNSPEC:
      return -EAFNOSUPPORT;
    default:
      return EncodeBytes(address, storage, size);
  }
}

Address DecodeAddress(const sockaddr_storage& storage, socklen_t size) {
  Address address;
  char text[INET6_ADDRSTRLEN];
  if (size >= sizeof(sockaddr_in) && storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
    address.family = AF_INET;
    address.host = inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    address.port = ntohs(in.sin_port);
  } else if (size >= sizeof(sockaddr_in6) && storage.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(storage);
    address.family = AF_INET6;
    address.host = inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    address.port = ntohs(in.sin6_port);
    address.flow = ntohl(in.sin6_flowinfo);
    address.scope = in.sin6_scope_id;
  } else if (size >= offsetof(sockaddr, sa_data) && storage.ss_family == AF_UNIX) {
    return DecodeUnix(storage, size);
  } else if (size >= offsetof(sockaddr, sa_data) && storage.ss_family != AF_UNSPEC &&
             storage.ss_family != AF_INET && storage.ss_family != AF_INET6) {
    return DecodeBytes(storage, size);
  }
  return address;
}

}  // namespace asyncore
