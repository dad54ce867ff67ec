"""The oracle's world: the channels and peers of one scenario, its acts, and the trace."""
import asyncore
import errno
import os
import select
import socket
import struct
import time

from deviations import Map
from traced import Boom, Producer, bytes_of, kind_of, make, show

DEEPEST = 6
# How much of its output a DispatcherWithSend is sure to offer in one call: a block of its queue. In
# two calls, what is nearly full may take a little less.
LONGEST_BURST = 4096
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
    """Over TCP without Nagle's delays, which accepted sockets inherit: they would be of the trace."""
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


class World:
    def __init__(self, scenario, folder, settle):
        self.roles = scenario['roles']
        self.pause = settle if scenario['tcp'] else 0
        self.folder = folder
        self.map = Map()
        self.trace = []
        self.channels = {}
        self.peers = {}
        self.files = 0
        self.depth = 0
        self.pending = None

    # The trace.

    def line(self, channel, what, detail=''):
        flags = ''.join(
            letter if flag else '-'
            for letter, flag in (('C', channel.connected), ('A', channel.accepting), ('N', channel.connecting))
        )
        self.trace.append(' '.join(filter(None, (channel.name, what, flags, channel.queues(), detail))))

    def note(self, *words):
        self.trace.append(' '.join(words))

    def snapshot(self):
        for channel in self.channels.values():
            self.line(channel, 'state')
        self.note('map', *(channel.name for channel in self.map.values() if hasattr(channel, 'name')))

    # Handlers.

    def call(self, channel, handler, library, detail=''):
        self.line(channel, handler, detail)
        script = channel.role['on'].get(handler)
        if script is None:
            return library()
        count = channel.calls.get(handler, 0)
        channel.calls[handler] = count + 1
        if self.depth >= DEEPEST:
            return self.note('deep')
        self.depth += 1
        try:
            for act in script[min(count, len(script) - 1)]:
                self.act(act, channel, library)
        finally:
            self.depth -= 1

    def accepted(self, listener, sock, addr, library):
        outer, self.pending = self.pending, sock
        try:
            self.call(listener, 'accepted', library, addr[0] if isinstance(addr, tuple) else addr)
            if 'accepted' in listener.role['on'] and self.pending is sock:
                sock.close()
        finally:
            self.pending = outer

    # Acts.

    def acts(self, acts):
        for act in acts:
            try:
                self.act(act, None, lambda: None)
            except Exception as error:
                self.note(act['do'], 'failed', kind_of(error))

    def act(self, act, me, library):
        name = act.get('name') or (act.get('peer') if act['do'] in ('rawListen', 'rawConnect', 'rawAccept') else None)
        if name is not None:
            if name in self.channels or name in self.peers:
                return
            return getattr(self, 'open_' + act['do'])(act, me)
        if 'peer' in act:
            if act['peer'] in self.peers:
                getattr(self, 'peer_' + act['do'])(self.peers[act['peer']], act)
                self.settle()
            return
        if act['do'] == 'library':
            return library()
        who = self.channels.get(act['who']) if 'who' in act else me
        if who is not None:
            getattr(self, 'do_' + act['do'])(who, act)

    def settle(self):
        if self.pause and self.depth == 0:
            time.sleep(self.pause)

    def role(self, act, key='role'):
        return self.roles[act[key]]

    # Openings.

    def stream_pair(self, family):
        if family in ('unix', 'dgram'):
            return socket.socketpair(
                socket.AF_UNIX, socket.SOCK_STREAM if family == 'unix' else socket.SOCK_DGRAM)
        with new_socket(family) as listener:
            listener.bind(new_address(family))
            listener.listen(1)
            mine = new_socket(family)
            mine.connect(listener.getsockname())
            return listener.accept()[0], mine

    def open_pair(self, act, me):
        mine, theirs = self.stream_pair(act['family'])
        if 'buffer' in act:
            mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, act['buffer'])
        self.peers[act['peer']] = Peer(act['family'], theirs)
        make(self, act['name'], self.role(act), mine).tight = 'buffer' in act

    def open_twins(self, act, me):
        mine, theirs = self.stream_pair(act['family'])
        make(self, act['name'], self.role(act), mine)
        make(self, act['other'], self.role(act, 'otherRole'), theirs)

    def open_file_channel(self, act, fd):
        make(self, act['name'], self.role(act), fd=fd)
        os.close(fd)

    def open_pipe(self, act, me):
        reader, writer = os.pipe()
        mine, theirs = (reader, writer) if act['end'] == 'read' else (writer, reader)
        self.peers[act['peer']] = Peer('pipe', fd=theirs)
        self.open_file_channel(act, mine)

    def open_fifo(self, act, me):
        path = os.path.join(self.folder, 'fifo%d' % self.files)
        self.files += 1
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        mine, theirs = (reader, writer) if act['end'] == 'read' else (writer, reader)
        self.peers[act['peer']] = Peer('fifo', fd=theirs, path=(path, act['end']))
        self.open_file_channel(act, mine)

    def open_file(self, act, me):
        path = os.path.join(self.folder, 'file')
        with open(path, 'wb') as file:
            file.write(bytes_of(act['content']))
        self.open_file_channel(act, os.open(path, os.O_RDONLY))

    def open_listen(self, act, me):
        channel = make(self, act['name'], self.role(act))
        self.create_socket(channel, act['family'])
        channel.set_reuse_addr()
        channel.bind(new_address(act['family']))
        channel.listen(64)
        channel.target = act['family'], channel.socket.getsockname()

    def open_connect(self, act, me):
        target = self.target(act['to'])
        if target is not None:
            channel = make(self, act['name'], self.role(act))
            self.create_socket(channel, target[0])
            self.connect(channel, target)

    def create_socket(self, channel, family):
        channel.create_socket(FAMILIES[family])
        if family in ('inet', 'inet6'):
            channel.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def open_rawListen(self, act, me):
        sock = new_socket(act['family'])
        sock.bind(new_address(act['family']))
        if not act['deaf']:
            sock.listen(64)
        peer = self.peers[act['peer']] = Peer(act['family'], sock)
        peer.target = act['family'], sock.getsockname()

    def open_rawConnect(self, act, me):
        target = self.target(act['to'])
        if target is None:
            return
        peer = self.peers[act['peer']] = Peer(target[0], new_socket(target[0]))
        error = peer.sock.connect_ex(target[1])
        if error == errno.EINPROGRESS:
            select.select([], [peer.sock], [], 1)
        self.note('connected', act['peer'], errno.errorcode[error] if error and error != errno.EINPROGRESS else 'ok')
        self.settle()

    def open_rawAccept(self, act, me):
        listener = self.peers.get(act['from'])
        if listener is not None and listener.sock is not None:
            self.peers[act['peer']] = Peer(listener.family, listener.sock.accept()[0])
            self.settle()

    def target(self, name):
        return getattr(self.channels.get(name) or self.peers.get(name), 'target', None)

    def connect(self, channel, target):
        try:
            channel.connect(target[1])
        finally:
            self.settle()

    # Peers.

    def peer_send(self, peer, act):
        data = bytes_of(act['data'])
        try:
            count = peer.send(data)
            if count != len(data):
                self.note(act['peer'], 'sent', str(count))
        except OSError as error:
            self.note(act['peer'], 'not sent', kind_of(error))

    def peer_oob(self, peer, act):
        if peer.family in ('inet', 'inet6'):
            peer.sock.send(b'!', socket.MSG_OOB)

    def peer_drain(self, peer, act):
        pieces = []
        end = 'eof'
        for _ in range(64):
            try:
                piece = peer.recv(65536)
            except OSError as error:
                end = kind_of(error)
                break
            if not piece and peer.family != 'dgram':
                break
            pieces.append(piece)
        count = ' in %d' % len(pieces) if peer.family == 'dgram' else ''
        self.note(act['peer'], 'drained', show(b''.join(pieces)) + count, end)

    def peer_shut(self, peer, act):
        if peer.sock is not None:
            peer.sock.shutdown(socket.SHUT_WR)

    def peer_drop(self, peer, act):
        peer.close()

    def peer_reset(self, peer, act):
        if peer.sock is not None and peer.sock.fileno() >= 0:
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        peer.close()

    def peer_reopen(self, peer, act):
        if peer.path is not None:
            peer.close()
            path, end = peer.path
            peer.fd = os.open(path, (os.O_WRONLY if end == 'read' else os.O_RDONLY) | os.O_NONBLOCK)

    # Channels.

    def do_recv(self, channel, act):
        self.line(channel, 'received', show(channel.recv(act['size'])))

    def do_recvOob(self, channel, act):
        if isinstance(channel.socket, socket.socket):
            self.line(channel, 'oob', show(channel.socket.recv(1, socket.MSG_OOB)))

    def do_write(self, channel, act):
        if channel.role['kind'] != 'chat':
            data = bytes_of(act['data'])
            if channel.role['kind'] == 'withSend' and channel.tight:
                channel.burst = (channel.burst if channel.out_buffer else 0) + len(data)
                if channel.burst > LONGEST_BURST:
                    return self.note('enough')
            count = channel.send(data)
            self.line(channel, 'sent', '' if count is None else str(count))

    def do_push(self, channel, act):
        if channel.role['kind'] == 'chat':
            channel.push(bytes_of(act['data']))
            self.line(channel, 'pushed')

    def do_produce(self, channel, act):
        if channel.role['kind'] == 'chat':
            channel.push_with_producer(Producer(channel, act['pieces']))
            self.line(channel, 'pushed')

    def do_finish(self, channel, act):
        if channel.role['kind'] == 'chat':
            channel.close_when_done()

    def do_discard(self, channel, act):
        if channel.role['kind'] == 'chat':
            channel.discard_buffers()

    def do_terminator(self, channel, act):
        if channel.role['kind'] == 'chat':
            value = act['value']
            channel.set_terminator(value.encode('latin-1') if isinstance(value, str) else value)

    def do_close(self, channel, act):
        channel.close()
        self.line(channel, 'closed')

    def do_delist(self, channel, act):
        channel.del_channel()

    def do_relist(self, channel, act):
        if not channel.closed and channel.socket is not None:
            channel.set_socket(channel.socket)

    def do_accept(self, channel, act):
        pair = channel.accept() if channel.accepting else None
        self.line(channel, 'accepting', 'one' if pair else 'none')
        if not pair:
            return
        try:
            channel.handle_accepted(*pair)
        except BaseException:
            if not any(other.socket is pair[0] for other in self.channels.values()):
                pair[0].close()
            raise

    def do_want(self, channel, act):
        if channel.wants:
            channel.wants['read'] = act.get('read', channel.wants['read'])
            channel.wants['write'] = act.get('write', channel.wants['write'])

    def do_reconnect(self, channel, act):
        target = self.target(act['to'])
        if target is not None and isinstance(channel.socket, socket.socket):
            if channel.socket.family == FAMILIES[target[0]]:
                self.connect(channel, target)

    def do_throw(self, channel, act):
        if act['failure'] == 'boom':
            raise Boom()
        if act['failure'] == 'exit':
            raise asyncore.ExitNow()
        raise OSError(getattr(errno, act['failure']), act['failure'])

    def do_adopt(self, channel, act):
        sock, self.pending = self.pending, None
        if sock is not None:
            channel.children = getattr(channel, 'children', 0) + 1
            make(self, '%s/%d' % (channel.name, channel.children), self.role(act), sock)

    def do_refuse(self, channel, act):
        if self.pending is not None:
            self.pending.close()
            self.pending = None

    # The end.

    def finish(self):
        self.note('left', str(len(self.map)))
        for peer in self.peers.values():
            try:
                self.peer_reset(peer, {})
            except OSError:
                pass
        for channel in list(self.channels.values()):
            channel.close()
