"""The oracle's channels: CPython's classes, with handlers that write a line to the trace and then
do what the scenario's role says, or what the class itself would do."""
import asynchat
import asyncore
import json
import os
import sys
from errno import errorcode
from hashlib import sha1

import channel_deviations as own
from deviations import FaultyPredicates


class Boom(Exception):
    """What a scenario throws."""


def bytes_of(text):
    if isinstance(text, dict):
        return text['text'].encode('latin-1') * text['times']
    return text.encode('latin-1')


def show(data):
    """Bytes as the trace shows them."""
    if len(data) <= 40:
        return json.dumps(data.decode('latin-1'))
    return '%d:%s' % (len(data), sha1(data).hexdigest()[:8])


def kind_of(error):
    """An exception in words that both sides use."""
    if isinstance(error, asyncore.ExitNow):
        return 'exit'
    if isinstance(error, Boom):
        return 'boom'
    if isinstance(error, NotImplementedError):
        return 'not-implemented'
    if isinstance(error, OSError) and error.errno in errorcode:
        return errorcode[error.errno]
    return 'other'


class Producer:
    """Produces what the scenario says, piece by piece, and then nothing."""

    def __init__(self, channel, pieces):
        self.channel = channel
        self.pieces = list(pieces)

    def more(self):
        piece = self.pieces.pop(0) if self.pieces else None
        self.channel.world.line(self.channel, 'more', '' if piece else 'end')
        if piece is None:
            return b''
        if 'boom' in piece:
            raise Boom()
        if 'push' in piece:
            self.channel.push(bytes_of(piece['push']))
            return self.more()
        return bytes_of(piece['give'])


class Traced:
    def ask(self, predicate, want, library):
        self.world.trace.append('? %s %s' % (self.name, predicate))
        if want == 'boom':
            raise Boom()
        return library() if want == 'library' else want

    def readable(self):
        if not self.wants:
            return super().readable()
        return self.ask('readable', self.wants['read'], super().readable)

    def writable(self):
        if not self.wants:
            return super().writable()
        return self.ask('writable', self.wants['write'], super().writable)

    def handle_read(self):
        self.world.call(self, 'read', super().handle_read)

    def handle_write(self):
        self.world.call(self, 'write', super().handle_write)

    def handle_expt(self):
        self.world.call(self, 'expt', super().handle_expt)

    def handle_connect(self):
        self.world.call(self, 'connect', super().handle_connect)

    def handle_accept(self):
        self.world.call(self, 'accept', super().handle_accept)

    def handle_accepted(self, sock, addr):
        self.world.accepted(self, sock, addr, lambda: super(Traced, self).handle_accepted(sock, addr))

    def handle_close(self):
        self.world.call(self, 'close', super().handle_close)

    def handle_error(self):
        self.world.call(self, 'error', super().handle_error, kind_of(sys.exc_info()[1]))

    def log_info(self, message, type='info'):
        if type not in self.ignore_log_types:
            # An error message names places in the source, a "sending" message shows a repr.
            words = message if type == 'warning' else message.split(' ')[0]
            self.world.line(self, 'log', '%s: %s' % (type, words))

    def everybody(self):
        return self.world.channels.values()

    def queues(self):
        return '-'


class TracedWithSend(Traced):
    def queues(self):
        return str(len(self.out_buffer))


class TracedChat(Traced):
    def collect_incoming_data(self, data):
        if self.role.get('abstract'):
            return super().collect_incoming_data(data)
        self.world.call(self, 'collect', lambda: self._collect_incoming_data(data), show(data))

    def found_terminator(self):
        if self.role.get('abstract'):
            return super().found_terminator()
        self.world.call(self, 'found', lambda: self.world.line(self, 'data', show(self._get_data())))

    def queues(self):
        waiting = '-' if self.closed else len(self.ac_in_buffer)
        return '%d/%d/%s' % (len(self.producer_fifo), len(self.incoming), waiting)


ABOVE = (FaultyPredicates, own.CloseOnce, own.NothingNow)
BELOW = (own.Urgent, own.Connecting, own.Datagrams, own.AcceptAll)
CLASSES = {
    'plain': type('Plain', (*ABOVE, Traced, *BELOW, asyncore.dispatcher), {}),
    'withSend': type('WithSend', (*ABOVE, TracedWithSend, own.NothingSent, *BELOW, asyncore.dispatcher_with_send), {}),
    'chat': type(
        'Chat',
        (*ABOVE, own.NothingAfterClose, TracedChat, own.NothingKept, *BELOW, own.ReplacedCount, own.SendOnce, asynchat.async_chat),
        {},
    ),
    'file': type('File', (*ABOVE, Traced, *BELOW, asyncore.file_dispatcher), {}),
}


def make(world, name, role, sock=None, fd=None):
    """A channel of `role` on a socket, on a duplicate of a file's descriptor, or on nothing yet."""
    # asyncore polls no channel before its constructor returns, so attributes may be set afterwards.
    cls = CLASSES['file' if role['kind'] == 'plain' and fd is not None else role['kind']]
    channel = cls.__new__(cls)
    channel.world, channel.name, channel.role, channel.calls = world, name, role, {}
    channel.wants = dict(role['wants']) if 'wants' in role else None
    channel.ignore_log_types = frozenset() if role.get('verbose') else frozenset({'warning'})
    channel.debug = role.get('debug', False)
    channel.burst, channel.tight = 0, fd is not None
    world.channels[name] = channel
    if fd is None:
        channel.__init__(sock, world.map)
    elif role['kind'] == 'plain':
        channel.__init__(fd, world.map)
    else:
        channel.__init__(None, world.map)
        channel.connected = True
        wrapper = asyncore.file_wrapper(fd)
        os.set_blocking(fd, False)
        channel.set_socket(wrapper)
    if role['kind'] == 'chat':
        channel.ac_in_buffer_size = role.get('inSize', 65536)
        channel.ac_out_buffer_size = role.get('outSize', 65536)
        if 'terminator' in role:
            value = role['terminator']
            channel.set_terminator(value.encode('latin-1') if isinstance(value, str) else value)
    return channel
