// Preloaded into a program: REFUSALS is how many calls of select(2) fail for want of memory, LATE how
// many milliseconds after its end a call in the reactor's thread returns, and the thread itself ends.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <unistd.h>

static void be_late(void) {
  const char* const late = getenv("LATE");
  char name[16] = "";
  prctl(PR_GET_NAME, name);
  if (late != NULL && strcmp(name, "asyncore") == 0) usleep(1000 * atol(late));
}

struct task {
  void* (*run)(void*);
  void* data;
};

static void* run(void* data) {
  const struct task task = *(struct task*)data;
  free(data);
  void* const result = task.run(task.data);
  be_late();
  return result;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* data) {
  static int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  if (real == NULL) real = (__typeof__(real))dlsym(RTLD_NEXT, "pthread_create");
  struct task* const task = malloc(sizeof *task);
  *task = (struct task){start, data};
  return real(thread, attributes, run, task);
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
