// Short connections: connect, one request, close, and the next in its place. At the end the server
// must have closed them all, too.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load_modes.h"
#include "support.h"

// A closed connection keeps its port for a minute. Each source address has ports of its own, and
// the whole of 127.0.0.0/8 is this machine.
#define SOURCES 250
#define OWN 8
#define CLOSE_PATIENCE_NS 5000000000u

static struct sockaddr_in server;
static int stopping;

static void open_one(struct load* load, struct connection* connection) {
  static unsigned source;
  struct sockaddr_in from = {.sin_family = AF_INET};
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + source++ % SOURCES);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  // The port is then chosen at connect(), where one in TIME_WAIT with another peer will do.
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (bind(fd, (struct sockaddr*)&from, sizeof from) < 0 ||
      connect(fd, (struct sockaddr*)&server, sizeof server) < 0) {
    fail("connect: %s", strerror(errno));
  }
  connection->fd = fd;
  struct epoll_event entry = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(load->events, EPOLL_CTL_ADD, fd, &entry);
  load_request(load, connection, now_ns());
}

static void close_and_open(struct load* load, struct connection* connection, uint64_t now) {
  (void)now;
  close(connection->fd);
  if (!stopping) open_one(load, connection);
}

static void turn_for(struct load* load, double seconds) {
  uint64_t deadline = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < deadline) load_turn(load, close_and_open, 1);
}

// `before` counts the server's descriptors when it had no connection. A runtime may have opened a
// few of its own since.
static void expect_closed(const struct load* load, int before) {
  uint64_t deadline = now_ns() + CLOSE_PATIENCE_NS;
  int left;
  while ((left = process_descriptors(load->server) - before) > OWN) {
    if (now_ns() > deadline) fail("the server left %d connections open", left);
    nanosleep(&(struct timespec){0, 10000000}, NULL);
  }
}

void run_churn(struct load* load) {
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons((uint16_t)atoi(strrchr(load->address, ':') + 1));
  int before = process_descriptors(load->server);
  for (int i = 0; i < load->active; i++) open_one(load, &load->pool[i]);
  turn_for(load, load->warm);
  load_count(load);
  turn_for(load, load->seconds);
  load_stop(load);
  stopping = 1;
  load_drain(load, close_and_open);
  expect_closed(load, before);
  load_report(load, load->active);
}
