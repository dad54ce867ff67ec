"""Creates the channels and peers of a scenario: the acts that name something new."""
import errno
import os
import select
import socket

from peer import FAMILIES, Peer, new_address, new_socket, stream_pair
from traced import bytes_of, make


class Openings:
    def open_pair(self, act, me):
        mine, theirs = stream_pair(act['family'])
        if 'buffer' in act:
            mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, act['buffer'])
        self.peers[act['peer']] = Peer(act['family'], theirs)
        make(self, act['name'], self.role(act), mine).tight = 'buffer' in act

    def open_twins(self, act, me):
        mine, theirs = stream_pair(act['family'])
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
