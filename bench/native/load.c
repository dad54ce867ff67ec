// Connections, requests, the comparison of bytes, and the counting window.
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "support.h"

// A request is a slice of this, at a place that depends on its connection and number: nothing is
// copied to make one, and an answer to a different request is noticed.
#define SHIFTS 4096
static char pattern[READ_SIZE + SHIFTS];
static uint64_t random_state = 88172645463325252u;

// How many connections may wait for their first answer at a time; more would overflow the
// listener's queue, and a lost SYN costs a second.
#define CONNECT_WINDOW 500
#define PATIENCE_NS 60000000000u

void load_seed(uint64_t seed) { random_state ^= seed * 0x9E3779B97F4A7C15u; }

uint32_t load_random(uint32_t bound) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)((random_state >> 32) % bound);
}

const char* load_payload(const struct load* load, const struct connection* connection) {
  uint32_t id = (uint32_t)(connection - load->pool);
  return pattern + (id * 61 + connection->sequence * 17) % SHIFTS;
}

void load_request(struct load* load, struct connection* connection, uint64_t started) {
  connection->sequence++;
  connection->received = 0;
  connection->busy = 1;
  connection->started = started;
  const char* payload = load_payload(load, connection);
  for (size_t sent = 0; sent < load->size;) {
    ssize_t length = send(connection->fd, payload + sent, load->size - sent, MSG_NOSIGNAL);
    if (length > 0) {
      sent += (size_t)length;
    } else if (errno == EAGAIN) {
      struct pollfd entry = {.fd = connection->fd, .events = POLLOUT};
      if (poll(&entry, 1, 10000) == 0) fail("the server stopped reading");
    } else {
      fail("send: %s", strerror(errno));
    }
  }
}

// Takes one answer's bytes; true when it is complete.
static int receive(struct load* load, struct connection* connection) {
  static char buffer[READ_SIZE];
  ssize_t length = recv(connection->fd, buffer, sizeof buffer, 0);
  if (length < 0 && errno == EAGAIN) return 0;
  if (length == 0) fail("the server closed a connection");
  if (length < 0) fail("recv: %s", strerror(errno));
  if (!connection->busy || connection->received + (size_t)length > load->size) {
    fail("more bytes came back than were sent");
  }
  if (memcmp(buffer, load_payload(load, connection) + connection->received, (size_t)length) != 0) {
    fail("other bytes came back than were sent");
  }
  connection->received += (uint32_t)length;
  return connection->received == load->size;
}

void load_turn(struct load* load, answer_handler* handler, int timeout_ms) {
  struct epoll_event ready[256];
  int count = epoll_wait(load->events, ready, 256, load->block ? timeout_ms : 0);
  for (int i = 0; i < count; i++) {
    struct connection* connection = ready[i].data.ptr;
    if (!receive(load, connection)) continue;
    uint64_t now = now_ns();
    connection->busy = 0;
    if (load->counting) {
      load->count++;
      connection->answered = 1;
      histogram_add(&load->latency, now - connection->started);
      if (connection->first) histogram_add(&load->first, now - connection->started);
    }
    connection->first = 0;
    handler(load, connection, now);
  }
}

static int busy_connections(const struct load* load) {
  int busy = 0;
  for (int i = 0; i < load->connections; i++) busy += load->pool[i].busy;
  return busy;
}

void load_drain(struct load* load, answer_handler* handler) {
  uint64_t deadline = now_ns() + PATIENCE_NS;
  while (busy_connections(load) > 0) {
    if (now_ns() > deadline) fail("%d requests were not answered", busy_connections(load));
    for (int i = 0; i < 64; i++) load_turn(load, handler, 1);
  }
}

static int waiting;
static void first_answer(struct load* load, struct connection* connection, uint64_t now) {
  (void)load, (void)connection, (void)now;
  waiting--;
}

void load_prepare(struct load* load) {
  for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = (char)load_random(256);
  load->pool = calloc((size_t)load->connections, sizeof *load->pool);
  load->events = epoll_create1(EPOLL_CLOEXEC);
}

void load_connect(struct load* load) {
  uint64_t deadline = now_ns() + PATIENCE_NS;
  for (int i = 0; i < load->connections; i++) {
    struct connection* connection = &load->pool[i];
    connection->fd = connect_to(load->address);
    struct epoll_event entry = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(load->events, EPOLL_CTL_ADD, connection->fd, &entry);
    load_request(load, connection, now_ns());
    waiting++;
    while (waiting >= CONNECT_WINDOW || (i + 1 == load->connections && waiting > 0)) {
      load_turn(load, first_answer, 1);
      if (now_ns() > deadline)
        fail("%d connections were not served", waiting + load->connections - i - 1);
    }
  }
}

void load_count(struct load* load) {
  for (int i = 0; i < load->connections; i++) load->pool[i].answered = 0;
  printf("{\"event\":\"counting\"}\n");
  fflush(stdout);
  load->counting = 1;
  load->began = now_ns();
  load->cpu_began = process_cpu_ns(load->server);
}

void load_stop(struct load* load) {
  load->window_ns = now_ns() - load->began;
  load->cpu_ns = process_cpu_ns(load->server) - load->cpu_began;
  load->counting = 0;
}

void load_report(const struct load* load, int served) {
  printf("{\"ok\":true,\"count\":%llu,\"seconds\":%.6f,\"cpuNs\":%llu,\"served\":%d",
         (unsigned long long)load->count, (double)load->window_ns / 1e9,
         (unsigned long long)load->cpu_ns, served);
  if (load->latency.total > 0) {
    printf(",\"p50\":%.2f,\"p99\":%.2f,\"p999\":%.2f", histogram_at(&load->latency, 0.5),
           histogram_at(&load->latency, 0.99), histogram_at(&load->latency, 0.999));
  }
  if (load->first.total > 0) {
    printf(",\"first50\":%.2f,\"first99\":%.2f", histogram_at(&load->first, 0.5),
           histogram_at(&load->first, 0.99));
  }
  printf("}\n");
  fflush(stdout);
}
