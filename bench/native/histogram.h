// Latencies in nanoseconds, counted in buckets that are at most 1.6 % wide, so that a run of any
// length takes the same memory and no allocation.
#ifndef ASYNCORE_BENCH_HISTOGRAM_H_
#define ASYNCORE_BENCH_HISTOGRAM_H_

#include <stdint.h>

struct histogram {
  uint64_t total;
  uint64_t buckets[64 * 40];
};

void histogram_add(struct histogram* histogram, uint64_t nanoseconds);

// The value that `fraction` of all are below, in microseconds; 0 when empty.
double histogram_at(const struct histogram* histogram, double fraction);

#endif  // ASYNCORE_BENCH_HISTOGRAM_H_
