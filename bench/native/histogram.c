// Buckets of 64 steps for each power of two.
#include "histogram.h"

void histogram_add(struct histogram* histogram, uint64_t nanoseconds) {
  int octave = 0;
  uint64_t value = nanoseconds;
  if (value >= 64) {
    octave = 63 - __builtin_clzll(value) - 5;
    value >>= octave;  // now 32..63
  }
  uint64_t index = (uint64_t)octave * 64 + value;
  uint64_t last = sizeof histogram->buckets / sizeof *histogram->buckets - 1;
  histogram->buckets[index < last ? index : last]++;
  histogram->total++;
}

double histogram_at(const struct histogram* histogram, double fraction) {
  if (histogram->total == 0) return 0;
  uint64_t rank = (uint64_t)(fraction * (double)(histogram->total - 1)) + 1;
  uint64_t seen = 0;
  for (int i = 0; i < 64 * 40; i++) {
    seen += histogram->buckets[i];
    if (seen < rank) continue;
    int octave = i / 64;
    double width = (double)(1ull << octave);
    return ((double)(i % 64) + (octave > 0 ? 0.5 : 0)) * width / 1000;
  }
  return 0;
}
