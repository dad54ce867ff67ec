// The descriptors that only Linux has, beside signalfd: eventfd, timerfd, inotify, pidfd. They are
// read like any other file; what the bytes mean is said in TypeScript (lib/linux/).
#include "calls/exports.h"

#ifdef __linux__

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <ctime>

#include "calls/address_call.h"
#include "interruptions.h"

namespace asyncore {
namespace {

int Result(int result) { return result < 0 ? -errno : result; }

napi_value ReturnOwned(Call& call, int fd) {
  if (fd < 0) return call.Return(-errno);
  return call.ReturnHandle(call.environment().Own(Descriptor(fd)));
}

// eventfd(count, semaphore): handle | -errno
napi_value EventFd(Call& call) {
  const auto count = static_cast<unsigned>(call.Number(0));
  const int flags = call.Bool(1) ? EFD_SEMAPHORE : 0;
  return ReturnOwned(call, eventfd(count, flags | EFD_NONBLOCK | EFD_CLOEXEC));
}

// timerfd(clock): handle | -errno
napi_value TimerFd(Call& call) {
  return ReturnOwned(call, timerfd_create(call.Int(0), TFD_NONBLOCK | TFD_CLOEXEC));
}

// Seconds as a timespec, rounded up, so that no timer is early, and none that is set is switched
// off.
timespec TimeOf(double seconds) {
  const auto whole = static_cast<time_t>(seconds);
  const double rest = (seconds - static_cast<double>(whole)) * 1e9;
  auto nanoseconds = static_cast<long>(rest);
  if (static_cast<double>(nanoseconds) < rest) nanoseconds++;
  if (nanoseconds >= 1000000000) return {whole + 1, 0};
  return {whole, nanoseconds};
}

double SecondsOf(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

napi_value ReturnTimes(Call& call, const itimerspec& times) {
  return ReturnPair(call, call.ReturnDouble(SecondsOf(times.it_value)),
                    call.ReturnDouble(SecondsOf(times.it_interval)));
}

// timerfdSettime(handle, flags, seconds, interval): the time left and the interval before | -errno
napi_value TimerFdSetTime(Call& call, Descriptor& timer) {
  const itimerspec times{TimeOf(call.Number(3)), TimeOf(call.Number(2))};
  itimerspec old;
  if (timerfd_settime(timer.fd(), call.Int(1), &times, &old) < 0) return call.Return(-errno);
  return ReturnTimes(call, old);
}

// timerfdGettime(handle): the time left and the interval | -errno
napi_value TimerFdGetTime(Call& call, Descriptor& timer) {
  itimerspec times;
  if (timerfd_gettime(timer.fd(), &times) < 0) return call.Return(-errno);
  return ReturnTimes(call, times);
}

// inotify(): handle | -errno
napi_value Inotify(Call& call) {
  return ReturnOwned(call, inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

// inotifyAddWatch(handle, path, mask): wd | -errno
napi_value InotifyAddWatch(Call& call, Descriptor& inotify) {
  const auto mask = static_cast<uint32_t>(call.Number(2));
  return call.Return(Result(inotify_add_watch(inotify.fd(), call.Text(1).c_str(), mask)));
}

// inotifyRmWatch(handle, wd): 0 | -errno
napi_value InotifyRmWatch(Call& call, Descriptor& inotify) {
  return call.Return(Result(inotify_rm_watch(inotify.fd(), call.Int(1))));
}

// Numbers and structures that older headers do not have; they are the same on every architecture.
constexpr long kPidFdSendSignal = 424;
constexpr long kPidFdOpen = 434;
constexpr idtype_t kPidFdId = static_cast<idtype_t>(3);
constexpr uint64_t kExitInfo = 1 << 3;
struct PidFdInfo {
  uint64_t mask;
  uint64_t cgroup;
  uint32_t ids[11];
  int32_t exit_code;
};
constexpr unsigned long kGetInfo = _IOWR(0xff, 11, PidFdInfo);

// pidfdOpen(pid): handle | -errno
napi_value PidFdOpen(Call& call) {
  const auto fd = static_cast<int>(syscall(kPidFdOpen, call.Int(0), 0));
  return ReturnOwned(call, fd);
}

// pidfdSendSignal(handle, signal): 0 | -errno
napi_value PidFdSendSignal(Call& call, Descriptor& process) {
  return call.Return(
      Result(static_cast<int>(syscall(kPidFdSendSignal, process.fd(), call.Int(1), nullptr, 0))));
}

napi_value ReturnEnding(Call& call, int code, int signal) {
  return ReturnPair(call, call.Return(code), call.Return(signal));
}

// pidfdEnding(handle): [exit code, signal] | -EAGAIN while it runs | -ESRCH if it is not known. A
// child is left to whoever waits for it, which in Node is Node.
napi_value PidFdEnding(Call& call, Descriptor& process) {
  pollfd entry{process.fd(), POLLIN, 0};
  if (poll(&entry, 1, 0) == 0) return call.Return(-EAGAIN);
  siginfo_t info = {};
  const int waited = Uninterrupted([&] {
    return waitid(kPidFdId, static_cast<id_t>(process.fd()), &info, WEXITED | WNOHANG | WNOWAIT);
  });
  if (waited == 0 && info.si_pid != 0) {
    const bool has_exited = info.si_code == CLD_EXITED;
    return ReturnEnding(call, has_exited ? info.si_status : 0, has_exited ? 0 : info.si_status);
  }
  PidFdInfo known = {};
  known.mask = kExitInfo;
  if (ioctl(process.fd(), kGetInfo, &known) < 0 || (known.mask & kExitInfo) == 0) {
    return call.Return(-ESRCH);
  }
  const int status = known.exit_code;
  if (WIFEXITED(status)) return ReturnEnding(call, WEXITSTATUS(status), 0);
  return ReturnEnding(call, 0, WTERMSIG(status));
}

}  // namespace

void ExportLinuxCalls(Exports& exports) {
  exports.Add<EventFd>("eventfd");
  exports.Add<TimerFd>("timerfd");
  exports.AddOnDescriptor<TimerFdSetTime>("timerfdSettime");
  exports.AddOnDescriptor<TimerFdGetTime>("timerfdGettime");
  exports.Add<Inotify>("inotify");
  exports.AddOnDescriptor<InotifyAddWatch>("inotifyAddWatch");
  exports.AddOnDescriptor<InotifyRmWatch>("inotifyRmWatch");
  exports.Add<PidFdOpen>("pidfdOpen");
  exports.AddOnDescriptor<PidFdSendSignal>("pidfdSendSignal");
  exports.AddOnDescriptor<PidFdEnding>("pidfdEnding");

#define CONSTANT(name) exports.AddConstant(#name, static_cast<int32_t>(name))
  CONSTANT(CLOCK_BOOTTIME);
  CONSTANT(CLOCK_BOOTTIME_ALARM);
  CONSTANT(CLOCK_MONOTONIC);
  CONSTANT(CLOCK_REALTIME);
  CONSTANT(CLOCK_REALTIME_ALARM);

  CONSTANT(TFD_TIMER_ABSTIME);
  CONSTANT(TFD_TIMER_CANCEL_ON_SET);

  CONSTANT(IN_ACCESS);
  CONSTANT(IN_ATTRIB);
  CONSTANT(IN_CLOSE);
  CONSTANT(IN_CLOSE_NOWRITE);
  CONSTANT(IN_CLOSE_WRITE);
  CONSTANT(IN_CREATE);
  CONSTANT(IN_DELETE);
  CONSTANT(IN_DELETE_SELF);
  CONSTANT(IN_DONT_FOLLOW);
  CONSTANT(IN_EXCL_UNLINK);
  CONSTANT(IN_IGNORED);
  CONSTANT(IN_ISDIR);
  CONSTANT(IN_MASK_ADD);
  CONSTANT(IN_MASK_CREATE);
  CONSTANT(IN_MODIFY);
  CONSTANT(IN_MOVE);
  CONSTANT(IN_MOVED_FROM);
  CONSTANT(IN_MOVED_TO);
  CONSTANT(IN_MOVE_SELF);
  CONSTANT(IN_ONESHOT);
  CONSTANT(IN_ONLYDIR);
  CONSTANT(IN_OPEN);
  CONSTANT(IN_Q_OVERFLOW);
  CONSTANT(IN_UNMOUNT);
#undef CONSTANT
}

}  // namespace asyncore

#else

namespace asyncore {

void ExportLinuxCalls(Exports&) {}

}  // namespace asyncore

#endif
