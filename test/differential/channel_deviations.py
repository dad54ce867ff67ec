"""The deviations of the channels themselves, as base classes that come before CPython's; see
deviations.py."""
import asyncore
import socket


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
    """A smaller one: what handle_close raises at the end of the input leaves recv(). CPython mistakes
    an OSError from it for the socket's own, and may call handle_close again."""

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
    """A smaller one: an EAGAIN from the channel's own recv() that leaves handle_read is not an error."""

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
    """Deviation 10: after close() in a callback, no more buffered input is delivered."""

    def close(self):
        super().close()
        self.ac_in_buffer = b''

    def found_terminator(self):
        if not self.closed:
            super().found_terminator()


class Mark(bytes):
    """A terminator that is not a number."""

    def __sub__(self, _count):
        return self


class ReplacedCount:
    """A smaller one: a callback may replace a numeric terminator with another kind. CPython subtracts
    the received length from whatever the terminator is by then, which raises a TypeError."""

    def set_terminator(self, term):
        super().set_terminator(term if isinstance(term, int) else Mark(term or b''))


class AcceptAll:
    """Deviation 12: handle_accept takes all pending connections, up to 64; a connection whose
    handle_accepted raises before a channel took it is closed."""

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


class Urgent:
    """Deviation 15: the default handle_expt takes the urgent byte."""

    def handle_expt(self):
        super().handle_expt()
        if getattr(self.socket, 'type', None) != socket.SOCK_STREAM:
            return
        try:
            self.socket.recv(1, socket.MSG_OOB)
        except OSError:
            pass


class NothingKept:
    """Deviation 20: close() empties the queue, and a closed channel keeps nothing."""

    def close(self):
        if hasattr(self, 'out_buffer'):
            self.out_buffer = b''
        else:
            self.producer_fifo.clear()
        super().close()

    def push(self, data):
        if not self.closed:
            super().push(data)

    def push_with_producer(self, producer):
        if not self.closed:
            super().push_with_producer(producer)

    def close_when_done(self):
        if not self.closed:
            super().close_when_done()


class NothingSent(NothingKept):
    def send(self, data):
        if not self.closed:
            super().send(data)
