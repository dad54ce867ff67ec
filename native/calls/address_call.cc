// See address_call.h.
#include "calls/address_call.h"

#include <sys/un.h>

#include <initializer_list>
#include <string_view>

namespace asyncore {
namespace {

napi_value Text(napi_env env, const std::string& text) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}

napi_value ReturnBytes(napi_env env, const std::string& bytes) {
  napi_value result = nullptr;
  napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &result);
  return result;
}

// A path or a name as a string, or as a Buffer if text would lose some of its bytes.
napi_value Path(napi_env env, const std::string& path) {
  const napi_value text = Text(env, path);
  // Each byte that is no UTF-8 becomes a character of three bytes.
  char back[3 * sizeof(sockaddr_un::sun_path) + 1];
  size_t size = 0;
  napi_get_value_string_utf8(env, text, back, sizeof back, &size);
  if (path == std::string_view(back, size)) return text;
  return ReturnBytes(env, path);
}

napi_value Unsigned(napi_env env, uint32_t value) {
  napi_value result = nullptr;
  napi_create_uint32(env, value, &result);
  return result;
}

napi_value Array(napi_env env, std::initializer_list<napi_value> values) {
  napi_value result = nullptr;
  napi_create_array_with_length(env, values.size(), &result);
  uint32_t index = 0;
  for (napi_value value : values) napi_set_element(env, result, index++, value);
  return result;
}

}  // namespace

int ReadAddress(const Call& call, size_t index, int family, sockaddr_storage* storage,
                socklen_t* size) {
  Address address;
  address.family = family;
  address.host = call.Text(index);
  address.port = static_cast<uint16_t>(call.Int(index + 1));
  address.flow = static_cast<uint32_t>(call.Int(index + 2));
  address.scope = static_cast<uint32_t>(call.Int(index + 3));
  return EncodeAddress(address, storage, size);
}

napi_value ReturnAddress(const Call& call, const sockaddr_storage& storage, socklen_t size) {
  napi_env env = call.env();
  const Address address = DecodeAddress(storage, size);
  if (address.family == AF_UNIX) return Path(env, address.host);
  const napi_value host = Text(env, address.host);
  if (address.family == AF_INET) return Array(env, {host, Unsigned(env, address.port)});
  if (address.family == AF_INET6) {
    return Array(env, {host, Unsigned(env, address.port), Unsigned(env, address.flow),
                       Unsigned(env, address.scope)});
  }
  return address.family == AF_UNSPEC ? host : ReturnBytes(env, address.host);
}

napi_value ReturnPair(const Call& call, napi_value first, napi_value second) {
  return Array(call.env(), {first, second});
}

}  // namespace asyncore
