// Preloaded into Node: counts the system calls that the addon makes and fails the ones it is told
// to. It is told, and tells, through a file that both sides map (FAULTS_CONTROL), so that one
// process can run thousands of cases. Calls of anybody but the addon pass through untouched.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

// The calls by number; control.ts has the same list.
enum Call {
  kSocket,
  kSocketpair,
  kBind,
  kListen,
  kAccept4,
  kConnect,
  kGetsockopt,
  kSetsockopt,
  kGetsockname,
  kGetpeername,
  kFcntl,
  kDup,
  kPipe2,
  kEventfd,
  kEpollCreate1,
  kEpollCtl,
  kEpollWait,
  kPoll,
  kSelect,
  kRecv,
  kSend,
  kRecvfrom,
  kSendto,
  kRecvmsg,
  kSendmsg,
  kRead,
  kWrite,
  kShutdown,
  kClose,
  kPthreadCreate,
  kCalls
};

// What the two sides share; control.ts knows the offsets.
struct Control {
  _Atomic int32_t call;       // 0: the call to fail, -1 for none, -2 for every one that moves bytes
  _Atomic uint32_t first;     // 4: from this one on, counted from 1,
  _Atomic uint32_t last;      // 8: up to this one
  _Atomic int32_t error;      // 12: with this errno; 0 moves one byte instead
  _Atomic uint32_t injected;  // 16: how many were failed
  _Atomic uint32_t counts[kCalls];  // 20
};

static struct Control idle = {.call = -1};
static struct Control* control = &idle;
// Where the addon lies in memory.
static _Atomic uintptr_t addon_begin, addon_end;
// The eventfds by which the reactor wakes its own threads.
enum { kWakeUps = 1 << 16 };
static _Atomic uint8_t is_wake_up[kWakeUps];

__attribute__((constructor)) static void Map(void) {
  const char* path = getenv("FAULTS_CONTROL");
  if (path == NULL) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* mapped = mmap(NULL, sizeof(struct Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped != MAP_FAILED) control = mapped;
}

static int Locate(struct dl_phdr_info* info, size_t size, void* data) {
  (void)size;
  (void)data;
  static const char kName[] = "asyncore.node";
  const size_t length = strlen(info->dlpi_name);
  if (length < sizeof kName || strcmp(info->dlpi_name + length - sizeof kName + 1, kName) != 0) {
    return 0;
  }
  uintptr_t end = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD) continue;
    const uintptr_t last = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;
    if (last > end) end = last;
  }
  addon_end = end;
  addon_begin = info->dlpi_addr;
  return 1;
}

// The control starts to matter when a case is set up, and the addon is loaded by then.
static int IsAddon(const void* caller) {
  if (addon_begin == 0) {
    Dl_info info;
    static _Thread_local int is_looking;
    if (is_looking || control == &idle) return 0;
    is_looking = 1;
    if (dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
        strstr(info.dli_fname, "asyncore.node") != NULL) {
      dl_iterate_phdr(&Locate, NULL);
    }
    is_looking = 0;
  }
  return (uintptr_t)caller >= addon_begin && (uintptr_t)caller < addon_end;
}

// Whether this one is to fail. Sets errno then; *is_short when it is to move one byte instead.
static int Fails(enum Call call, const void* caller, int* is_short) {
  if (!IsAddon(caller)) return 0;
  const uint32_t index = ++control->counts[call];
  const int32_t wanted = control->call;
  const int matches = wanted == (int32_t)call || (wanted == -2 && is_short != NULL);
  if (!matches || index < control->first || index > control->last) return 0;
  const int error = control->error;
  if (error == 0) {
    if (is_short == NULL) return 0;
    *is_short = 1;
    control->injected++;
    return 0;
  }
  control->injected++;
  errno = error;
  return 1;
}

#define HERE __builtin_return_address(0)
#define FIND_REAL(name)          \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

// A call that fails or passes through.
#define PASS(result, name, call, parameters, arguments)   \
  result name parameters {                                \
    FIND_REAL(name);                                      \
    return Fails(call, HERE, NULL) ? -1 : real arguments; \
  }

typedef struct sockaddr Address;
PASS(int, socket, kSocket, (int family, int type, int protocol), (family, type, protocol))
PASS(int, socketpair, kSocketpair, (int family, int type, int protocol, int ends[2]),
     (family, type, protocol, ends))
PASS(int, bind, kBind, (int fd, const Address* address, socklen_t size), (fd, address, size))
PASS(int, listen, kListen, (int fd, int backlog), (fd, backlog))
PASS(int, accept4, kAccept4, (int fd, Address* address, socklen_t* size, int flags),
     (fd, address, size, flags))
PASS(int, getsockopt, kGetsockopt, (int fd, int level, int name, void* value, socklen_t* size),
     (fd, level, name, value, size))
PASS(int, setsockopt, kSetsockopt, (int fd, int level, int name, const void* value, socklen_t size),
     (fd, level, name, value, size))
PASS(int, getsockname, kGetsockname, (int fd, Address* address, socklen_t* size),
     (fd, address, size))
PASS(int, getpeername, kGetpeername, (int fd, Address* address, socklen_t* size),
     (fd, address, size))
PASS(int, pipe2, kPipe2, (int ends[2], int flags), (ends, flags))
PASS(int, epoll_create1, kEpollCreate1, (int flags), (flags))
PASS(int, epoll_ctl, kEpollCtl, (int epoll, int operation, int fd, struct epoll_event* event),
     (epoll, operation, fd, event))
PASS(int, epoll_wait, kEpollWait, (int epoll, struct epoll_event* events, int most, int timeout),
     (epoll, events, most, timeout))
PASS(int, poll, kPoll, (struct pollfd * entries, nfds_t count, int timeout),
     (entries, count, timeout))
PASS(int, select, kSelect, (int count, fd_set* r, fd_set* w, fd_set* x, struct timeval* timeout),
     (count, r, w, x, timeout))
PASS(int, shutdown, kShutdown, (int fd, int how), (fd, how))
// Datagrams are whole or not at all, so these are never short.
PASS(ssize_t, recvfrom, kRecvfrom,
     (int fd, void* bytes, size_t size, int flags, Address* peer, socklen_t* length),
     (fd, bytes, size, flags, peer, length))
PASS(ssize_t, sendto, kSendto,
     (int fd, const void* bytes, size_t size, int flags, const Address* peer, socklen_t length),
     (fd, bytes, size, flags, peer, length))
PASS(ssize_t, recvmsg, kRecvmsg, (int fd, struct msghdr* message, int flags), (fd, message, flags))
PASS(ssize_t, sendmsg, kSendmsg, (int fd, const struct msghdr* message, int flags),
     (fd, message, flags))

int connect(int fd, const Address* address, socklen_t size) {
  FIND_REAL(connect);
  if (!Fails(kConnect, HERE, NULL)) return real(fd, address, size);
  if (errno != EINTR) return -1;
  // An interrupted connect goes on in the background.
  real(fd, address, size);
  errno = EINTR;
  return -1;
}

// Builds with and without large files call it by different names.
#define FCNTL(name)                                                                      \
  int name(int fd, int command, ...) {                                                   \
    FIND_REAL(name);                                                                     \
    va_list list;                                                                        \
    va_start(list, command);                                                             \
    void* argument = va_arg(list, void*);                                                \
    va_end(list);                                                                        \
    const int is_dup = command == F_DUPFD || command == F_DUPFD_CLOEXEC;                 \
    return Fails(is_dup ? kDup : kFcntl, HERE, NULL) ? -1 : real(fd, command, argument); \
  }
FCNTL(fcntl)
FCNTL(fcntl64)

int eventfd(unsigned int count, int flags) {
  FIND_REAL(eventfd);
  if (Fails(kEventfd, HERE, NULL)) return -1;
  const int fd = real(count, flags);
  if (fd >= 0 && fd < kWakeUps && IsAddon(HERE)) is_wake_up[fd] = 1;
  return fd;
}

// The kernel never refuses to write to an eventfd that has room, nor writes half: a wake-up can
// only be interrupted, and not for ever.
static int TakesPart(int fd) {
  if (fd < 0 || fd >= kWakeUps || !is_wake_up[fd]) return 1;
  return control->error == EINTR && control->first == control->last;
}

static size_t Shortened(size_t size, int is_short) { return is_short && size > 1 ? 1 : size; }

ssize_t recv(int fd, void* bytes, size_t size, int flags) {
  FIND_REAL(recv);
  int is_short = 0;
  if (Fails(kRecv, HERE, &is_short)) return -1;
  return real(fd, bytes, Shortened(size, is_short), flags);
}

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  FIND_REAL(send);
  int is_short = 0;
  if (Fails(kSend, HERE, &is_short)) return -1;
  return real(fd, bytes, Shortened(size, is_short), flags);
}

ssize_t read(int fd, void* bytes, size_t size) {
  FIND_REAL(read);
  int is_short = 0;
  if (TakesPart(fd) && Fails(kRead, HERE, &is_short)) return -1;
  return real(fd, bytes, Shortened(size, is_short));
}

ssize_t write(int fd, const void* bytes, size_t size) {
  FIND_REAL(write);
  int is_short = 0;
  if (TakesPart(fd) && Fails(kWrite, HERE, &is_short)) return -1;
  return real(fd, bytes, Shortened(size, is_short));
}

// Files are read and written by these, with one piece; off_t has 64 bits here as in the addon.
ssize_t preadv64v2(int fd, const struct iovec* pieces, int count, off_t offset, int flags) {
  FIND_REAL(preadv64v2);
  int is_short = 0;
  if (Fails(kRead, HERE, &is_short)) return -1;
  const struct iovec piece = {pieces->iov_base, Shortened(pieces->iov_len, is_short)};
  return real(fd, count == 1 ? &piece : pieces, count, offset, flags);
}

ssize_t pwritev64v2(int fd, const struct iovec* pieces, int count, off_t offset, int flags) {
  FIND_REAL(pwritev64v2);
  int is_short = 0;
  if (Fails(kWrite, HERE, &is_short)) return -1;
  const struct iovec piece = {pieces->iov_base, Shortened(pieces->iov_len, is_short)};
  return real(fd, count == 1 ? &piece : pieces, count, offset, flags);
}

int close(int fd) {
  FIND_REAL(close);
  if (fd >= 0 && fd < kWakeUps) is_wake_up[fd] = 0;
  const int fails = Fails(kClose, HERE, NULL);
  const int error = errno;
  // Linux releases the number whatever it answers.
  const int result = real(fd);
  if (!fails) return result;
  errno = error;
  return -1;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*main)(void*),
                   void* argument) {
  FIND_REAL(pthread_create);
  return Fails(kPthreadCreate, HERE, NULL) ? errno : real(thread, attributes, main, argument);
}
