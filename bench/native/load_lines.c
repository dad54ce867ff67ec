// Lines of text, written without pause on a few connections. The last one is DONE, to which the
// server answers how many lines and bytes it took, not counting line ends.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load_modes.h"
#include "support.h"

#define LINE 64  // with its "\r\n"
#define BLOCK (LINE * 1024)
#define MOST 64

static char block[BLOCK];

struct line_sender {
  int fd;
  uint64_t sent;  // bytes
};

static void make_lines(void) {
  for (int i = 0; i < BLOCK; i++) block[i] = (char)('a' + (i / LINE + i) % 26);
  for (int i = LINE; i <= BLOCK; i += LINE) memcpy(block + i - 2, "\r\n", 2);
}

static int write_some(struct line_sender* sender, size_t length) {
  ssize_t sent = send(sender->fd, block + sender->sent % BLOCK, length, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) fail("send: %s", strerror(errno));
  if (sent > 0) sender->sent += (uint64_t)sent;
  return sent > 0;
}

static void finish(struct line_sender* sender) {
  struct pollfd entry = {.fd = sender->fd, .events = POLLOUT};
  while (sender->sent % LINE != 0) {
    if (!write_some(sender, LINE - sender->sent % LINE)) poll(&entry, 1, 1000);
  }
  while (send(sender->fd, "DONE\r\n", 6, MSG_NOSIGNAL) != 6) poll(&entry, 1, 1000);
}

static void expect_count(const struct line_sender* sender) {
  char answer[64] = "";
  size_t length = 0;
  struct pollfd entry = {.fd = sender->fd, .events = POLLIN};
  while (length < sizeof answer - 1 && strchr(answer, '\n') == NULL) {
    if (poll(&entry, 1, 60000) <= 0) fail("the server did not say how many lines it took");
    ssize_t received = recv(sender->fd, answer + length, sizeof answer - 1 - length, 0);
    if (received <= 0) fail("the server closed before it said how many lines it took");
    length += (size_t)received;
    answer[length] = '\0';
  }
  unsigned long long lines = 0, bytes = 0;
  sscanf(answer, "%llu %llu", &lines, &bytes);
  uint64_t expected = sender->sent / LINE;
  if (lines != expected || bytes != expected * (LINE - 2)) {
    fail("the server took %llu lines instead of %llu", lines, (unsigned long long)expected);
  }
}

static uint64_t flood(struct load* load, double seconds) {
  struct line_sender senders[MOST];
  struct pollfd entries[MOST];
  for (int i = 0; i < load->active; i++) {
    senders[i] = (struct line_sender){.fd = connect_to(load->address)};
    entries[i] = (struct pollfd){.fd = senders[i].fd, .events = POLLOUT};
  }
  uint64_t deadline = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < deadline) {
    poll(entries, (nfds_t)load->active, 1);
    for (int i = 0; i < load->active; i++) {
      if (entries[i].revents) write_some(&senders[i], BLOCK - senders[i].sent % BLOCK);
    }
  }
  uint64_t lines = 0;
  for (int i = 0; i < load->active; i++) finish(&senders[i]);
  for (int i = 0; i < load->active; i++) expect_count(&senders[i]);
  for (int i = 0; i < load->active; i++) {
    lines += senders[i].sent / LINE;
    close(senders[i].fd);
  }
  return lines;
}

void run_lines(struct load* load) {
  if (load->active > MOST || load->active < 1) fail("1 to %d connections can send lines", MOST);
  make_lines();
  flood(load, load->warm);
  load_count(load);
  load->count = flood(load, load->seconds);
  load_stop(load);
  load_report(load, load->active);
}
