// The calls that turn IP addresses and the names of interfaces into numbers and back.
#include <arpa/inet.h>
#include <net/if.h>

#include <cerrno>

#include "calls/exports.h"

namespace asyncore {
namespace {

napi_value ReturnText(Call& call, const char* text) {
  napi_value result = nullptr;
  napi_create_string_utf8(call.env(), text, NAPI_AUTO_LENGTH, &result);
  return result;
}

// inetPton(family, text, view): the number of bytes written | -errno
napi_value InetPton(Call& call) {
  const int family = call.Int(0);
  const std::string text = call.Text(1);
  const size_t size = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
  const Bytes address = call.View(2);
  if (address.size < size) return call.Return(-ENOSPC);
  const int result = inet_pton(family, text.c_str(), address.data);
  if (result < 0) return call.Return(-errno);
  return call.Return(result == 0 ? -EINVAL : static_cast<int32_t>(size));
}

// inetNtop(family, view): text | -errno
napi_value InetNtop(Call& call) {
  const int family = call.Int(0);
  const Bytes address = call.View(1);
  if (address.size != (family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr))) {
    return call.Return(-EINVAL);
  }
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(family, address.data, text, sizeof text) == nullptr) return call.Return(-errno);
  return ReturnText(call, text);
}

// interfaceIndex(name): its number | -errno
napi_value InterfaceIndex(Call& call) {
  errno = ENODEV;
  const unsigned index = if_nametoindex(call.Text(0).c_str());
  return call.Return(index == 0 ? -errno : static_cast<int32_t>(index));
}

// interfaceName(index): text | -errno
napi_value InterfaceName(Call& call) {
  char name[IF_NAMESIZE];
  errno = ENXIO;
  if (if_indextoname(static_cast<unsigned>(call.Int(0)), name) == nullptr) {
    return call.Return(-errno);
  }
  return ReturnText(call, name);
}

}  // namespace

void ExportNameCalls(Exports& exports) {
  exports.Add<InetPton>("inetPton");
  exports.Add<InetNtop>("inetNtop");
  exports.Add<InterfaceIndex>("interfaceIndex");
  exports.Add<InterfaceName>("interfaceName");
}

}  // namespace asyncore
