# Runs a command with a new terminal as its input and output, has it ended in the way that is named,
# and says whether the terminal's flags are what they were.
import fcntl
import os
import pty
import signal
import subprocess
import sys

way, *command = sys.argv[1:]
master, slave = pty.openpty()
before = fcntl.fcntl(slave, fcntl.F_GETFL)
child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=subprocess.PIPE)
line = child.stderr.readline()
while line and not line.startswith(b"ends"):
    line = child.stderr.readline()
if way.startswith("SIG"):
    during = fcntl.fcntl(slave, fcntl.F_GETFL)
    if during != before:
        print(f"flags {during:#o} during")
        sys.exit(1)
    child.send_signal(getattr(signal, way))
child.stderr.read()
child.wait(timeout=30)
after = fcntl.fcntl(slave, fcntl.F_GETFL)
print(f"flags {before:#o} before, {after:#o} after")
sys.exit(0 if before == after else 1)
