"""Plays scenarios with CPython's own asyncore and asynchat (3.11 or older), changed only as
deviations.py describes, and records what happens.

    python3 -W ignore oracle.py SCENARIOS FOLDER SETTLE OUT

SCENARIOS and OUT are files of JSON lines; FOLDER has the FIFOs; SETTLE is how many seconds TCP
gets to deliver.
"""
import asyncore
import json
import select
import socket
import sys

from traced import kind_of
from world import World


class Wake(asyncore.dispatcher):
    """The channel that ends a step: always the last in the map, and ready in every pass because of
    unread out-of-band data, an exceptional condition, so that select serves it after all others as
    well."""

    def __init__(self, sock):
        super().__init__(sock, {})
        self.del_channel()
        self.world = None
        self.left = 0

    def begin(self, world, passes):
        self.world = world
        self.left = passes
        self._map = world.map
        self.set_socket(self.socket)

    def end(self):
        self.del_channel()

    def writable(self):
        return False

    def handle_expt(self):
        self.world.settle()
        self.world.note('--')
        self.left -= 1
        if self.left == 0:
            raise asyncore.ExitNow()


def out_of_band():
    """A connection on which out-of-band data waits forever, and its other end."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen(1)
        mine = socket.create_connection(listener.getsockname())
        theirs = listener.accept()[0]
    theirs.send(b'!', socket.MSG_OOB)
    select.select([], [], [mine], 5)
    return mine, theirs


def is_quiet(world, use_poll):
    """Whether a pass would find nothing ready now."""
    if any(channel.wants and 'boom' in channel.wants.values() for channel in world.map.values()):
        return False
    length = len(world.trace)
    reads, writes, excepts, poller = [], [], [], select.poll()
    for fd, channel in world.map.items():
        is_readable = channel.readable()
        is_writable = channel.writable() and not channel.accepting
        if use_poll:
            flags = (select.POLLIN | select.POLLPRI if is_readable else 0) | (select.POLLOUT if is_writable else 0)
            if flags:
                poller.register(fd, flags)
        else:
            reads += [fd] * bool(is_readable)
            writes += [fd] * bool(is_writable)
            excepts += [fd] * bool(is_readable or is_writable)
    del world.trace[length:]
    return not poller.poll(0) and not any(select.select(reads, writes, excepts, 0))


def play(scenario, use_poll, wake, folder, settle):
    world = World(scenario, folder, settle)
    quiet = []
    for number, step in enumerate(scenario['steps']):
        quiet.append(is_quiet(world, use_poll))
        world.note('== step %d' % number)
        world.acts(step['acts'])
        world.settle()
        wake.begin(world, step['passes'])
        try:
            asyncore.loop(1.0, use_poll, world.map)
        except Exception as error:
            world.note('raised', kind_of(error))
        wake.end()
        world.snapshot()
    world.finish()
    return {'seed': scenario['seed'], 'arm': 'poll' if use_poll else 'select', 'trace': world.trace, 'quiet': quiet}


def main(scenarios, folder, settle, out):
    mine, theirs = out_of_band()
    wake = Wake(mine)
    with open(scenarios) as source, open(out, 'w') as results:
        for line in source:
            scenario = json.loads(line)
            for use_poll in (False, True):
                results.write(json.dumps(play(scenario, use_poll, wake, folder, float(settle))) + '\n')
    theirs.close()


if __name__ == '__main__':
    main(*sys.argv[1:])
