// Included first in every source of the addon that is built for gcov: a process that is told to
// end, as test runners do with their workers, first writes what it ran.
#ifndef ASYNCORE_CHECK_COVERAGE_DUMP_H_
#define ASYNCORE_CHECK_COVERAGE_DUMP_H_

#include <csignal>

extern "C" void __gcov_dump(void);

namespace {

void DumpAndEnd(int signal) {
  __gcov_dump();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

__attribute__((constructor)) void HearTheEnd() { std::signal(SIGTERM, DumpAndEnd); }

}  // namespace

#endif  // ASYNCORE_CHECK_COVERAGE_DUMP_H_
