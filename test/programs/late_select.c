// Preloaded into a program: REFUSALS is how many calls of select(2) fail for want of memory, LATE how
// many milliseconds after its end a call of select(2) or close(2) in the reactor's thread returns.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

static void be_late(void) {
  const char* const late = getenv("LATE");
  char name[16] = "";
  prctl(PR_GET_NAME, name);
  if (late != NULL && strcmp(name, "asyncore") == 0) usleep(1000 * atol(late));
}

int close(int fd) {
  const int result = syscall(SYS_close, fd);
  const int error = errno;
  be_late();
  errno = error;
  return result;
}

int select(int count, fd_set* r, fd_set* w, fd_set* x, struct timeval* timeout) {
  static long refused;
  static int (*real)(int, fd_set*, fd_set*, fd_set*, struct timeval*);
  if (real == NULL) real = (__typeof__(real))dlsym(RTLD_NEXT, "select");
  const char* const refusals = getenv("REFUSALS");
  if (refusals != NULL && refused < atol(refusals)) {
    refused++;
    errno = ENOMEM;
    return -1;
  }
  const int result = real(count, r, w, x, timeout);
  const int error = errno;
  be_late();
  errno = error;
  return result;
}
