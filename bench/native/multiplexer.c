// Finds a multiplexer by name, and grows the arrays that the multiplexers keep.
#include "multiplexer.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

const struct multiplexer* find_multiplexer(const char* name) {
  const struct multiplexer* all[] = {&poll_multiplexer, &select_multiplexer, &epoll_multiplexer};
  for (int i = 0; i < 3; i++) {
    if (strcmp(all[i]->name, name) == 0) return all[i];
  }
  fail("no backend of the name %s", name);
}

void* grow(void* array, int* capacity, int needed, int size) {
  if (needed <= *capacity) return array;
  int wanted = *capacity == 0 ? 1024 : *capacity;
  while (wanted < needed) wanted *= 2;
  char* grown = realloc(array, (size_t)wanted * (size_t)size);
  if (grown == NULL) fail("out of memory");
  memset(grown + (size_t)*capacity * (size_t)size, 0, (size_t)(wanted - *capacity) * (size_t)size);
  *capacity = wanted;
  return grown;
}
