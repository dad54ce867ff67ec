"""Opens a file of the kind argv[1], whose O_NONBLOCK is cleared, and runs argv[2:] with it as
descriptor 3. The other side, where there is one, is descriptor 4."""

import ctypes
import fcntl
import os
import pty
import socket
import subprocess
import sys
import tempfile

libc = ctypes.CDLL(None, use_errno=True)


def fifo():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fifo")
        os.mkfifo(path)
        return os.open(path, os.O_RDWR), None


def sides(pair):
    return [each.detach() for each in pair]


KINDS = {
    "pipe": os.pipe,
    "pipe, written": lambda: reversed(os.pipe()),
    "fifo": fifo,
    "terminal": lambda: reversed(pty.openpty()),
    "terminal's master": pty.openpty,
    "stream socket": lambda: sides(socket.socketpair()),
    "datagram socket": lambda: sides(socket.socketpair(type=socket.SOCK_DGRAM)),
    "eventfd": lambda: (libc.eventfd(0, 0), None),
    "timerfd": lambda: (libc.timerfd_create(1, 0), None),
    "inotify": lambda: (libc.inotify_init1(0), None),
}

here, there = KINDS[sys.argv[1]]()
# Numbers beyond those that are to be taken.
here = fcntl.fcntl(here, fcntl.F_DUPFD, 10)
there = fcntl.fcntl(there, fcntl.F_DUPFD, 10) if there is not None else None
os.set_blocking(here, True)
os.dup2(here, 3)
if there is not None:
    os.dup2(there, 4)
code = subprocess.run(sys.argv[2:], pass_fds=(3, 4) if there is not None else (3,)).returncode
print("nonblocking" if not os.get_blocking(here) else "blocking")
sys.exit(code)
