"""Where the library deviates from CPython on purpose (docs/deviations.md), expressed as changes to
CPython's asyncore: one class or function per deviation; the rest is CPython's own code, so that
everything else can be compared exactly. The passes are here, the channels in channel_deviations.py."""
import asyncore
import os
import select
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
        # poll() and poll2() take their snapshot with this.
        self.consulted = dict(self.stamps)
        return super().items()

    def get(self, fd, default=None):
        # poll() and poll2() look up the owner of an event with this.
        if not self.live(fd):
            return default
        return Registration(self, fd, self[fd])

    def live(self, fd):
        return fd in self.stamps and self.stamps[fd] == self.consulted.get(fd)


class Registration:
    """Deviation 1, its second half: a channel that has left its map gets no further step in
    the pass. A handle_close called because of an exception does not count as a step."""

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
    """Deviation 2: a hang-up or error that arrives with input only triggers a read."""
    return lambda channel, flags: readwrite(channel, flags & ~GONE if flags & select.POLLIN else flags)


asyncore.readwrite = drain_first(asyncore.readwrite)


def select_open(reads, writes, excepts, timeout):
    """Deviation 3, its second half: a channel that another one's handle_error closes after it was
    consulted does not end the loop with EBADF."""
    return select.select(*(list(filter(is_open, fds)) for fds in (reads, writes, excepts)), timeout)


def is_open(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False


asyncore.select = SimpleNamespace(**{**vars(select), 'select': select_open})


class FaultyPredicates:
    """Deviation 3: what a predicate raises goes to that channel's handle_error, and the channel
    then waits for nothing in this pass. Deviation 7: an unconnected stream socket is not polled."""

    unpolled = False

    def readable(self):
        self.wants_write = False
        # Another channel's handle_error may have closed it after the pass began.
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


def not_refused(serve):
    """Deviation 6 with select: once its connect is refused, a channel gets no more events in the pass."""
    return lambda registration: getattr(registration.channel, 'unpolled', False) or serve(registration)


asyncore.write = not_refused(asyncore.write)
asyncore._exception = not_refused(asyncore._exception)
