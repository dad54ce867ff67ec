// Fuzzes the addresses: whatever the kernel or JavaScript gives, nothing is read or written beyond
// its end, and what was decoded encodes to something that decodes to the same.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "../../native/descriptors/address.h"

using asyncore::Address;
using asyncore::DecodeAddress;
using asyncore::EncodeAddress;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

bool Same(const Address& a, const Address& b) {
  return a.family == b.family && a.host == b.host && a.port == b.port && a.flow == b.flow &&
         a.scope == b.scope;
}

// Encodes `address`; what comes of it must decode to an address that stays what it is.
void RoundTrip(const Address& address) {
  sockaddr_storage storage;
  // Where nothing may be left of what was there before.
  std::memset(&storage, 0xff, sizeof storage);
  socklen_t size = 0;
  const int error = EncodeAddress(address, &storage, &size);
  Require(error <= 0);
  if (error < 0) return;
  Require(size <= sizeof storage);
  const Address first = DecodeAddress(storage, size);
  Require(first.family == address.family);
  Require(EncodeAddress(first, &storage, &size) == 0);
  Require(Same(first, DecodeAddress(storage, size)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 12) return 0;
  constexpr int kFamilies[] = {AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, 0x7fff};
  const int family = kFamilies[data[0] % 5];
  if (data[1] % 2 == 0) {
    // As from the kernel: a structure of any bytes and any length that it may name.
    sockaddr_storage storage;
    std::memset(&storage, 0, sizeof storage);
    std::memcpy(&storage, data + 2, std::min(size - 2, sizeof storage));
    storage.ss_family = static_cast<sa_family_t>(family);
    const Address address = DecodeAddress(storage, static_cast<socklen_t>(size - 2));
    if (address.family != AF_UNSPEC) RoundTrip(address);
  } else {
    Address address;
    address.family = family;
    std::memcpy(&address.port, data + 2, 2);
    std::memcpy(&address.flow, data + 4, 4);
    std::memcpy(&address.scope, data + 8, 4);
    address.host.assign(reinterpret_cast<const char*>(data + 12), size - 12);
    RoundTrip(address);
  }
  return 0;
}
