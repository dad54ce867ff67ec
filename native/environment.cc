// See environment.h.
#include "environment.h"

#include <napi.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <new>
#include <utility>

#include "descriptors/changed_terminals.h"

namespace asyncore {
namespace {

// Whether the process ends with this thread's environment.
bool IsMainThread() {
#ifdef __linux__
  return syscall(SYS_gettid) == getpid();
#else
  return false;
#endif
}

}  // namespace

Environment::Environment(napi_env env)
    : turn(env, inline_sleep),
      waiter([](void* data) { static_cast<Turn*>(data)->Post(); }, &turn) {}

Environment* Environment::Create(napi_env env) {
  auto* self = new Environment(env);
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); };
  if (napi_set_instance_data(env, self, finalize, nullptr) != napi_ok) {
    delete self;
    throw Napi::Error::New(env);
  }
  // Hooks run in reverse order: this one was added after that of the thread-safe function, so no
  // thread is left to call that function when it goes.
  napi_add_env_cleanup_hook(env, &Environment::End, self);
  return self;
}

void Environment::LeaveWaits(int fd) {
  waiter.Leave(fd);
  poll_sets.ForEach([fd](std::unique_ptr<PollSet>& set) { set->ForgetSeen(fd); });
}

bool Environment::Owns(int fd) {
  if (fd < 0 || static_cast<size_t>(fd) >= owners_.size()) return false;
  const Descriptor* const owner = descriptors.Find(owners_[fd]);
  return owner != nullptr && owner->fd() == fd;
}

Handle Environment::Own(Descriptor descriptor) {
  const int fd = descriptor.fd();
  if (Owns(fd)) descriptors.Find(owners_[fd])->Release();
  const Handle handle = descriptors.Add(std::move(descriptor));
  try {
    if (static_cast<size_t>(fd) >= owners_.size()) owners_.resize(fd + 1);
    owners_[fd] = handle;
  } catch (const std::bad_alloc&) {
    // How much it takes depends on the number, which nobody knows before. The descriptor is not to
    // be lost for it: all that is missed is that somebody else closes it.
  }
  return handle;
}

int Environment::Close(Handle handle) {
  if (descriptors.Find(handle) == nullptr) return -EBADF;
  Descriptor gone = descriptors.Remove(handle);
  if (gone.fd() < 0) return -EBADF;
  LeaveWaits(gone.fd());
  RestoreBeforeClose(gone.fd());
  return gone.Close();
}

int Environment::Detach(Handle handle) {
  if (descriptors.Find(handle) == nullptr) return -EBADF;
  Descriptor gone = descriptors.Remove(handle);
  if (gone.fd() < 0) return -EBADF;
  LeaveWaits(gone.fd());
  return gone.Release();
}

void Environment::End(void* data) {
  auto* self = static_cast<Environment*>(data);
  self->waiter.Stop();
  self->turn.Release();
  self->poll_sets.Clear();
  const bool is_main = IsMainThread();
  self->descriptors.ForEach([is_main](Descriptor& each) {
    RestoreBeforeClose(each.fd());
    if (is_main) each.KeepSignals();
  });
  self->descriptors.Clear();
}

}  // namespace asyncore
