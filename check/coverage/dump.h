// Included first in every source of the addon that is built for gcov: dump.ts has the process write
// what it ran, because test runners end their workers by a signal. SIGTERM is not used for that:
// tests are about it.
#ifndef ASYNCORE_CHECK_COVERAGE_DUMP_H_
#define ASYNCORE_CHECK_COVERAGE_DUMP_H_

#include <csignal>

extern "C" void __gcov_dump(void);
extern "C" void __gcov_reset(void);

namespace {

void Dump(int) {
  __gcov_dump();
  __gcov_reset();
}

__attribute__((constructor)) void HearDump() { std::signal(SIGRTMAX - 1, Dump); }

}  // namespace

#endif  // ASYNCORE_CHECK_COVERAGE_DUMP_H_
