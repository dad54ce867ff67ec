"""The oracle's world: the channels and peers of one scenario, its acts, and the trace."""
import asyncore
import errno
import os
import socket
import time

from deviations import Map
from openings import Openings
from peer import FAMILIES, RESET
from traced import Boom, Producer, bytes_of, kind_of, make, show

DEEPEST = 6
# How much output a DispatcherWithSend is sure to offer in one call: one block of its queue. Spread
# over two calls, a nearly full socket may take a little less.
LONGEST_BURST = 4096


class World(Openings):
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
