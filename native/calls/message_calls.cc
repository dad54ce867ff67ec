// The calls that send and receive messages with their ancillary data. All memory is got before
// the system call that may bring descriptors: once they are here, nothing fails before they are
// owned.
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "calls/address_call.h"
#include "calls/exports.h"
#include "descriptors/ancillary.h"
#include "interruptions.h"

namespace asyncore {
namespace {

// Numbers in memory of JavaScript's, which need not be aligned.
template <typename T>
class Numbers {
 public:
  explicit Numbers(Bytes bytes) : bytes_(bytes) {}

  size_t size() const { return bytes_.size / sizeof(T); }
  T at(size_t index) const {
    T value{};
    if (index < size()) std::memcpy(&value, bytes_.data + index * sizeof(T), sizeof value);
    return value;
  }
  // False if there is no such place.
  bool Set(size_t index, T value) {
    if (index >= size()) return false;
    std::memcpy(bytes_.data + index * sizeof(T), &value, sizeof value);
    return true;
  }

 private:
  Bytes bytes_;
};

std::vector<iovec> Vectors(const std::vector<Bytes>& views, size_t count) {
  std::vector<iovec> vectors;
  vectors.reserve(count);
  for (size_t i = 0; i < count; i++) vectors.push_back({views[i].data, views[i].size});
  return vectors;
}

// sendmsg(handle, views, record, host, port, flow, scope): bytes | -errno. The record is flags,
// whether there is an address, and the level and the type of each ancillary item, whose bytes are
// the last views.
napi_value SendMsg(Call& call, Descriptor& socket) {
  const Numbers<int32_t> record(call.View(2));
  const size_t count = record.size() < 2 ? 0 : (record.size() - 2) / 2;
  sockaddr_storage peer;
  msghdr message{};
  if (record.at(1) != 0) {
    socklen_t size;
    const int error = ReadAddress(call, 3, socket.family(), &peer, &size);
    if (error < 0) return call.Return(error);
    message.msg_name = &peer;
    message.msg_namelen = size;
  }
  const std::vector<Bytes> views = call.Views(1);
  if (views.size() < count) return call.Return(-EINVAL);
  const size_t pieces = views.size() - count;
  std::vector<AncillaryItem> items;
  for (size_t i = 0; i < count; i++) {
    const Bytes data = views[pieces + i];
    items.push_back({record.at(2 + 2 * i), record.at(3 + 2 * i), data.data, data.size});
  }
  std::vector<char> control = EncodeAncillary(items);
  std::vector<iovec> vectors = Vectors(views, pieces);
  message.msg_iov = vectors.data();
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vectors.size());
  if (!control.empty()) message.msg_control = control.data();
  message.msg_controllen = static_cast<decltype(message.msg_controllen)>(control.size());
  const int flags = record.at(0) | socket.wait_flag() | MSG_NOSIGNAL;
  return call.Return(
      static_cast<int>(Uninterrupted([&] { return sendmsg(socket.fd(), &message, flags); })));
}

// What recvMsg() tells beside the bytes, in the order of Told in lib/descriptors/message.ts.
class Report {
 public:
  Report(Bytes record, Bytes handles, Bytes control)
      : record_(record), handles_(handles), control_(control) {}

  void Tell(msghdr& message, std::vector<Descriptor>* taken, Environment& environment) {
    // First of all: what is owned is closed, whatever happens next.
    ForEachAncillary(message, [&](const AncillaryItem& item) {
      if (!CarriesDescriptors(item)) return;
      const size_t before = taken->size();
      TakeDescriptors(item, taken);
      TellItem(item, before, taken->size() - before, true);
    });
    size_t handle_count = 0;
    for (Descriptor& each : *taken) {
      if (handle_count == handles_.size()) break;
      handles_.Set(handle_count++, static_cast<double>(environment.Own(std::move(each))));
    }
    ForEachAncillary(message, [&](const AncillaryItem& item) {
      if (CarriesDescriptors(item)) return;
      if (item.size <= control_.size - written_) {
        std::memcpy(control_.data + written_, item.data, item.size);
        TellItem(item, written_, item.size, false);
        written_ += item.size;
      }
    });
    // Linux gives back what it was asked for.
    record_.Set(0, message.msg_flags & ~kReceiveCloseOnExec);
    record_.Set(1, static_cast<int32_t>(item_count_));
  }

 private:
  void TellItem(const AncillaryItem& item, size_t place, size_t size, bool are_descriptors) {
    const size_t start = 2 + 5 * item_count_;
    if (!record_.Set(start + 4, are_descriptors ? 1 : 0)) return;
    record_.Set(start, item.level);
    record_.Set(start + 1, item.type);
    record_.Set(start + 2, static_cast<int32_t>(place));
    record_.Set(start + 3, static_cast<int32_t>(size));
    item_count_++;
  }

  Numbers<int32_t> record_;
  Numbers<double> handles_;
  Bytes control_;
  size_t written_ = 0;
  size_t item_count_ = 0;
};

// recvmsg(handle, flags, views, control, record, handles, peer): bytes | -errno. Fills views with
// the bytes, control with those of the ancillary items, handles with what the descriptors received
// are owned by, and the record. peer[0] becomes the sender's address.
napi_value RecvMsg(Call& call, Descriptor& socket) {
  const int fd = socket.fd();
  const int flags = call.Int(1) | socket.wait_flag() | kReceiveCloseOnExec;
  const std::vector<Bytes> views = call.Views(2);
  const Bytes control = call.View(3);
  const Bytes handles = call.View(5);
  Report report(call.View(4), handles, control);
  std::vector<iovec> vectors = Vectors(views, views.size());
  std::vector<char> room(control.size);
  std::vector<Descriptor> taken;
  taken.reserve(control.size / sizeof(int));
  // Moves `socket`, which is not used any more.
  call.environment().descriptors.Reserve(handles.size / sizeof(double));
  sockaddr_storage peer;
  msghdr message{};
  message.msg_name = &peer;
  message.msg_iov = vectors.data();
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vectors.size());
  const int received = static_cast<int>(Uninterrupted([&] {
    message.msg_namelen = sizeof peer;
    message.msg_control = room.empty() ? nullptr : room.data();
    message.msg_controllen = static_cast<decltype(message.msg_controllen)>(room.size());
    return recvmsg(fd, &message, flags);
  }));
  if (received < 0) return call.Return(received);
  report.Tell(message, &taken, call.environment());
  // Last, because it may run JavaScript (a setter), which could take the memory away.
  call.SetElement(6, 0, ReturnAddress(call, peer, message.msg_namelen));
  return call.Return(received);
}

// cmsgSpace(size), cmsgLength(size): what the macros of these names give
napi_value CmsgSpace(Call& call) {
  return call.ReturnDouble(static_cast<double>(CMSG_SPACE(static_cast<size_t>(call.Int(0)))));
}
napi_value CmsgLength(Call& call) {
  return call.ReturnDouble(static_cast<double>(CMSG_LEN(static_cast<size_t>(call.Int(0)))));
}

}  // namespace

void ExportMessageCalls(Exports& exports) {
  exports.AddOnDescriptor<SendMsg>("sendmsg");
  exports.AddOnDescriptor<RecvMsg>("recvmsg");
  exports.Add<CmsgSpace>("cmsgSpace");
  exports.Add<CmsgLength>("cmsgLength");
}

}  // namespace asyncore
