// The load generator: connects to a server, has every connection served once, then drives it in
// one of several ways and prints what it counted as one line of JSON.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load_modes.h"
#include "support.h"

static const struct mode {
  const char* name;
  void (*run)(struct load* load);
  int connects;  // or does the mode make its connections itself
} modes[] = {
    {"closed", run_closed, 1}, {"burst", run_burst, 1}, {"random", run_random, 1},
    {"open", run_open, 1},     {"idle", run_idle, 1},   {"hold", run_hold, 1},
    {"churn", run_churn, 0},   {"lines", run_lines, 0},
};

int main(int argc, char** argv) {
  end_with_parent();
  static struct load load;
  const char* name = option(argc, argv, "mode", "closed");
  load.address = option(argc, argv, "connect", "127.0.0.1:1");
  load.connections = (int)option_number(argc, argv, "connections", 1);
  load.active = (int)option_number(argc, argv, "active", load.connections);
  load.size = (size_t)option_number(argc, argv, "size", 64);
  load.rate = option_number(argc, argv, "rate", 1000);
  load.warm = option_number(argc, argv, "warm", 0.5);
  load.seconds = option_number(argc, argv, "seconds", 1);
  load.block = (int)option_number(argc, argv, "block", 0);
  load.server = (pid_t)option_number(argc, argv, "server", getpid());
  load_seed((uint64_t)option_number(argc, argv, "seed", 1));
  if (load.size > READ_SIZE) fail("a request has at most %d bytes", READ_SIZE);
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    if (strcmp(modes[i].name, name) != 0) continue;
    load_prepare(&load);
    if (modes[i].connects) load_connect(&load);
    modes[i].run(&load);
    return 0;
  }
  fail("no mode of the name %s", name);
}
