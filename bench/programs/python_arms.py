"""The same programs on CPython's own asyncore and asynchat: echo, ring and lines.

Options are `--name value`, as the C programs take them. See native/ring.h for what the ring is.
"""

import json
import os
import socket
import sys
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
import asynchat  # noqa: E402
import asyncore  # noqa: E402

READ_SIZE = 65536
BACKLOG = 4096


def option(name, fallback):
    flag = "--" + name
    return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else fallback


def say(**message):
    print(json.dumps(message), flush=True)


class Server(asyncore.dispatcher):
    def __init__(self, handler):
        super().__init__()
        address = option("listen", "tcp")
        path = address[5:] if address.startswith("unix:") else None
        self.handler = handler
        self.create_socket(socket.AF_UNIX if path else socket.AF_INET, socket.SOCK_STREAM)
        self.set_reuse_addr()
        self.bind(path or ("127.0.0.1", 0))
        self.listen(BACKLOG)
        say(ready=True, address=address if path else "127.0.0.1:%d" % self.socket.getsockname()[1])

    def handle_accepted(self, sock, addr):
        self.handler(sock)


class EchoHandler(asyncore.dispatcher_with_send):
    def handle_read(self):
        data = self.recv(READ_SIZE)
        if data:
            self.send(data)

    def handle_close(self):
        self.close()


class LineCounter(asynchat.async_chat):
    def __init__(self, sock):
        super().__init__(sock)
        self.set_terminator(b"\r\n")
        self.collect_incoming_data = self._collect_incoming_data
        self.lines = self.bytes = 0

    def found_terminator(self):
        line = self._get_data()
        if line == b"DONE":
            self.push(b"%d %d\r\n" % (self.lines, self.bytes))
            return
        self.lines += 1
        self.bytes += len(line)

    def handle_close(self):
        self.close()


class Ring:
    """The counting window; bytes go to the pipe before the one that they came from."""

    def __init__(self):
        self.pipes = int(option("pipes", "100"))
        self.active = int(option("active", "100"))
        self.warm = float(option("warm", "0.5"))
        self.seconds = float(option("seconds", "1"))
        self.write_ends = []
        self.events = self.counted_from = self.returned = 0
        self.counting = self.stopped = False
        self.result = None

    def run(self):
        for index in range(self.pipes):
            read_end, write_end = os.pipe()
            Reader(read_end, index, self)
            os.close(read_end)
            self.write_ends.append(write_end)
        self.began = time.monotonic()
        for index in range(self.active):
            os.write(self.write_ends[index * (self.pipes // self.active)], b"e")
        while self.returned < self.active:
            asyncore.poll2(2)
        say(**self.result)

    def received(self, index, data):
        assert data == b"e", "a byte was not what had been written"
        if self.stopped:
            self.returned += 1
            return
        os.write(self.write_ends[index - 1], b"e")
        self.events += 1
        if self.events % 64 == 0:
            self.tick()

    def tick(self):
        elapsed = time.monotonic() - self.began
        if not self.counting:
            if elapsed >= self.warm:
                self.counting = True
                self.counted_from = self.events
                self.began = time.monotonic()
                self.cpu = time.process_time_ns()
        elif elapsed >= self.seconds:
            self.stopped = True
            count = self.events - self.counted_from
            cpu = time.process_time_ns() - self.cpu
            self.result = {"ok": True, "count": count, "seconds": elapsed, "cpuNs": cpu}


class Reader(asyncore.file_dispatcher):
    def __init__(self, fd, index, ring):
        super().__init__(fd)
        self.index = index
        self.ring = ring

    def handle_read(self):
        self.ring.received(self.index, self.recv(1))


program = option("program", "echo")
if program == "ring":
    Ring().run()
else:
    Server(EchoHandler if program == "echo" else LineCounter)
    asyncore.loop(use_poll=True)
