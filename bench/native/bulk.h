// The bytes of the bulk transfer. They repeat with a period that no buffer size divides, so that
// a reader that lost or repeated a piece sees bytes other than it should.
#ifndef ASYNCORE_BENCH_BULK_H_
#define ASYNCORE_BENCH_BULK_H_

#include <stdint.h>

#define BULK_PERIOD 65521

static inline char bulk_byte(uint64_t offset) {
  uint64_t i = offset % BULK_PERIOD;
  return (char)(i * 7 + (i >> 8));
}

#endif  // ASYNCORE_BENCH_BULK_H_
