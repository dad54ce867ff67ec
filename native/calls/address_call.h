// Addresses across the boundary: four arguments in (host or path, port, flow info, scope id), an
// array or a string out, in Python's shapes. A path that is no UTF-8 is bytes, in both directions,
// and so is an address of a family that has no form of its own.
#pragma once

#include "calls/call.h"
#include "descriptors/address.h"

namespace asyncore {

// Reads the four arguments from `index` on. 0 or -errno.
int ReadAddress(const Call& call, size_t index, int family, sockaddr_storage* storage,
                socklen_t* size);

napi_value ReturnAddress(const Call& call, const sockaddr_storage& storage, socklen_t size);

// [first, second]
napi_value ReturnPair(const Call& call, napi_value first, napi_value second);

}  // namespace asyncore
