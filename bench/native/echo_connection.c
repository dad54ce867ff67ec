// Reads once into a buffer that all connections share and sends it back at once; only what the
// socket does not take is copied. While that is so, nothing more is read.
#include "echo_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support.h"

static char buffer[READ_SIZE];

static int would_block(void) { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

enum echo_state echo_readable(struct echo_connection* connection) {
  ssize_t length = recv(connection->fd, buffer, sizeof buffer, 0);
  if (length == 0 || (length < 0 && !would_block())) return ECHO_CLOSED;
  if (length < 0) return ECHO_READING;
  ssize_t sent = send(connection->fd, buffer, (size_t)length, MSG_NOSIGNAL);
  if (sent == length) return ECHO_READING;
  if (sent < 0 && !would_block()) return ECHO_CLOSED;
  if (sent < 0) sent = 0;
  connection->pending_length = (size_t)(length - sent);
  connection->pending_sent = 0;
  connection->pending = malloc(connection->pending_length);
  memcpy(connection->pending, buffer + sent, connection->pending_length);
  return ECHO_WRITING;
}

enum echo_state echo_writable(struct echo_connection* connection) {
  ssize_t sent = send(connection->fd, connection->pending + connection->pending_sent,
                      connection->pending_length - connection->pending_sent, MSG_NOSIGNAL);
  if (sent < 0) return would_block() ? ECHO_WRITING : ECHO_CLOSED;
  connection->pending_sent += (size_t)sent;
  if (connection->pending_sent < connection->pending_length) return ECHO_WRITING;
  free(connection->pending);
  connection->pending = NULL;
  return ECHO_READING;
}
