"""Where the library deviates from CPython on purpose (docs/deviations.md), stated as changes of
CPython's asyncore: one class or function per deviation, the rest is CPython's own code. What
remains can be compared exactly."""
import asyncore
import os
import select
import socket
from types import SimpleNamespace

RERAISED = (asyncore.ExitNow, KeyboardInterrupt, SystemExit)
GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


class Map(dict):
    """Deviation 1: an event reaches only the channel that was consulted for it."""

    def __init__(self):
        super().__init__()
        self.serial = 0
        self.stamps = {}
        self.consulted = {}

    def __setitem__(self, fd, channel):
        self.serial += 1
        self.stamps[fd] = self.serial
        super().__setitem__(fd, channel)

    def __delitem__(self, fd):
        super().__delitem__(fd)
        del self.stamps[fd]

    def clear(self):
        super().clear()
        self.stamps.clear()

    def items(self):
        # poll() and poll2() take their snapshot with it.
        self.consulted = dict(self.stamps)
        return super().items()

    def get(self, fd, default=None):
        # poll() and poll2() look up with it whose event it is.
        if not self.live(fd):
            return default
        return Registration(self, fd, self[fd])

    def live(self, fd):
        return fd in self.stamps and self.stamps[fd] == self.consulted.get(fd)


class Registration:
    """Deviation 1, its second half: a channel that has left its map gets no further step of the
    pass. The call of handle_close that answers an exception is no step."""

    def __init__(self, map, fd, channel):
        self.map = map
        self.fd = fd
        self.channel = channel
        self.failed = False

    def step(self, handler):
        if not self.failed and not self.map.live(self.fd):
            return
        try:
            handler()
        except BaseException:
            self.failed = True
            raise

    def handle_read_event(self):
        self.step(self.channel.handle_read_event)

    def handle_write_event(self):
        self.step(self.channel.handle_write_event)

    def handle_expt_event(self):
        self.step(self.channel.handle_expt_event)

    def handle_close(self):
        self.step(self.channel.handle_close)

    def handle_error(self):
        self.channel.handle_error()


def drain_first(readwrite):
    """Deviation 2: a hang-up or error that comes together with input only reads."""
    return lambda channel, flags: readwrite(channel, flags & ~GONE if flags & select.POLLIN else flags)


asyncore.readwrite = drain_first(asyncore.readwrite)


def select_open(reads, writes, excepts, timeout):
    """Deviation 3, its second half: what the handle_error of a faulty predicate closes, after it
    was consulted, does not end the loop with EBADF."""
    return select.select(*(list(filter(is_open, fds)) for fds in (reads, writes, excepts)), timeout)


def is_open(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False


asyncore.select = SimpleNamespace(**{**vars(select), 'select': select_open})


class FaultyPredicates:
    """Deviation 3: what a predicate throws goes to that channel's handle_error, which wants
    nothing in this pass then. Deviation 7: an unconnected stream socket is not polled."""

    unpolled = False

    def readable(self):
        self.wants_write = False
        # The handle_error of another one may have closed it after the pass had begun.
        if not self._map.live(self._fileno):
            return False
        try:
            is_readable = super().readable()
            is_writable = super().writable()
        except RERAISED:
            raise
        except BaseException:
            self.handle_error()
            return False
        if self.unpolled:
            return False
        self.wants_write = is_writable
        return is_readable

    def writable(self):
        return self.wants_write


class Connecting:
    """Deviation 6: a refused connect never becomes connected and reports once; close() inside
    handle_connect holds. Deviation 7: see above."""

    closed = False
    connect_event = False

    def create_socket(self, family=socket.AF_INET, type=socket.SOCK_STREAM):
        super().create_socket(family, type)
        self.unpolled = type != socket.SOCK_DGRAM

    def set_socket(self, sock, map=None):
        self.closed = False
        super().set_socket(sock, map)

    def listen(self, num):
        super().listen(num)
        self.unpolled = False

    def close(self):
        self.closed = True
        super().close()

    def disconnect(self):
        self.connecting = False
        self.unpolled = self.socket.type != socket.SOCK_DGRAM

    def connect(self, address):
        self.unpolled = False
        self.connect_event = False
        try:
            super().connect(address)
        except OSError:
            if not self.connect_event:
                self.disconnect()
            raise

    def handle_connect_event(self):
        self.connect_event = True
        err = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if err != 0:
            self.disconnect()
            raise OSError(err, asyncore._strerror(err))
        try:
            self.socket.getpeername()
        except OSError:
            self.disconnect()
            raise
        self.handle_connect()
        if not self.closed:
            self.connected = True
            self.connecting = False

    def handle_read_event(self):
        self.after_connecting(super().handle_read_event, self.handle_read)

    def handle_write_event(self):
        self.after_connecting(super().handle_write_event, self.handle_write)

    def after_connecting(self, event, handler):
        if self.accepting or self.connected or not self.connecting:
            event()
            return
        self.handle_connect_event()
        if not self.closed:
            handler()


class Escaped(Exception):
    """Carries an error past CPython's `except OSError`."""


class CloseOnce:
    """A smaller one: what handle_close throws at the end of the input leaves recv(). CPython takes
    an OSError of it for the socket's own, and may call handle_close again."""

    receiving = False

    def recv(self, buffer_size):
        self.receiving = True
        try:
            return super().recv(buffer_size)
        except Escaped as escaped:
            raise escaped.args[0]
        finally:
            self.receiving = False

    def handle_close(self):
        if not self.receiving:
            super().handle_close()
            return
        self.receiving = False
        try:
            super().handle_close()
        except OSError as error:
            raise Escaped(error)


class NothingNow:
    """A smaller one: the EAGAIN of its own recv() that leaves handle_read is no fault."""

    nothing_now = None

    def recv(self, buffer_size):
        try:
            return super().recv(buffer_size)
        except BlockingIOError as why:
            self.nothing_now = why
            raise

    def handle_read(self):
        try:
            super().handle_read()
        except BlockingIOError as why:
            if why is not self.nothing_now:
                raise


def not_refused(serve):
    """Deviation 6 with select: once its connect was refused, a channel hears no more in the pass."""
    return lambda registration: getattr(registration.channel, 'unpolled', False) or serve(registration)


asyncore.write = not_refused(asyncore.write)
asyncore._exception = not_refused(asyncore._exception)


class Datagrams:
    """Deviation 9: an empty datagram is data, not the end."""

    def recv(self, buffer_size):
        if getattr(self.socket, 'type', None) != socket.SOCK_DGRAM:
            return super().recv(buffer_size)
        try:
            return self.socket.recv(buffer_size)
        except OSError as why:
            if why.errno not in asyncore._DISCONNECTED:
                raise
            self.handle_close()
            return b''


class NothingAfterClose:
    """Deviation 10: after close() in a callback nothing buffered is delivered any more."""

    def close(self):
        super().close()
        self.ac_in_buffer = b''

    def found_terminator(self):
        if not self.closed:
            super().found_terminator()


class AcceptAll:
    """Deviation 12: handle_accept takes what is pending, up to 64; a connection whose
    handle_accepted throws before a channel took it is closed."""

    def handle_accept(self):
        for _ in range(64):
            pair = self.accept() if self.accepting else None
            if pair is None:
                return
            try:
                self.handle_accepted(*pair)
            except BaseException:
                if not any(channel.socket is pair[0] for channel in self.everybody()):
                    pair[0].close()
                raise


class SendOnce:
    """Deviation 14: a producer or handler that pushes while the queue is being sent adds to it."""

    sending = False

    def initiate_send(self):
        if self.sending:
            return
        self.sending = True
        try:
            super().initiate_send()
        finally:
            self.sending = False
