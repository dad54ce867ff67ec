"""The peers of a scenario: raw sockets and pipe ends that no channel owns."""
import os
import socket
import struct

FAMILIES = {'unix': socket.AF_UNIX, 'dgram': socket.AF_UNIX, 'inet': socket.AF_INET, 'inet6': socket.AF_INET6}
RESET = struct.pack('ii', 1, 0)
names = 0


def new_address(family):
    global names
    names += 1
    if family == 'unix':
        return '\0asyncore-oracle-%d-%d' % (os.getpid(), names)
    return ('127.0.0.1' if family == 'inet' else '::1', 0)


def new_socket(family):
    """Turns off Nagle's delays on TCP (accepted sockets inherit this): they would show in the trace."""
    sock = socket.socket(FAMILIES[family])
    if family in ('inet', 'inet6'):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class Peer:
    """A raw socket or the end of a pipe that no channel owns."""

    def __init__(self, family, sock=None, fd=-1, path=None):
        self.family, self.sock, self.fd, self.path = family, sock, fd, path
        if sock is not None:
            sock.setblocking(False)
        else:
            os.set_blocking(fd, False)

    def send(self, data):
        return self.sock.send(data) if self.sock else os.write(self.fd, data)

    def recv(self, size):
        return self.sock.recv(size) if self.sock else os.read(self.fd, size)

    def close(self):
        if self.sock is not None:
            self.sock.close()
        elif self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def stream_pair(family):
    """Two sockets that are connected to each other."""
    if family in ('unix', 'dgram'):
        return socket.socketpair(
            socket.AF_UNIX, socket.SOCK_STREAM if family == 'unix' else socket.SOCK_DGRAM)
    with new_socket(family) as listener:
        listener.bind(new_address(family))
        listener.listen(1)
        mine = new_socket(family)
        mine.connect(listener.getsockname())
        return listener.accept()[0], mine
