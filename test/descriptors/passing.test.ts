// Descriptors that are passed in messages: they arrive owned and close-on-exec, and none is lost or left
// open, whether the message was cut, nobody asked, or nobody took them.
import { closeSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { FileWrapper, pipe } from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import {
  AF_INET,
  AF_UNIX,
  CMSG_SPACE,
  MSG_CTRUNC,
  MSG_PEEK,
  recvFds,
  SCM_RIGHTS,
  SO_PASSCRED,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
  sendFds,
  socketpair,
} from '../../lib/socket.ts';
import { native } from '../../lib/system/native.ts';
import { Child, ROOT, runCommand, TSX, UNCACHED } from '../support/child.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { thrownBy } from '../support/failure.ts';
import { collectGarbage, hearWarnings } from '../support/garbage.ts';
import { temporaryPath } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

const O_CLOEXEC = 0o2000000;
const open: { close(): void }[] = [];

function pair(type = SOCK_STREAM): [Socket, Socket] {
  const both = socketpair(AF_UNIX, type);
  open.push(...both);
  return both;
}

function keep<T extends { close(): void }>(owner: T): T {
  open.push(owner);
  return owner;
}

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function isCloseOnExec(fd: number): boolean {
  const [, flags = ''] = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/^flags:\s*(\d+)$/m) ?? [];
  return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
}

const count = () => readdirSync('/proc/self/fd').length;

describe.each([
  ['stream', SOCK_STREAM],
  ['datagram', SOCK_DGRAM],
  ['seqpacket', SOCK_SEQPACKET],
])('over a %s', (_name, type) => {
  test('a socket and a file arrive owned and close-on-exec', () => {
    const [one, two] = pair(type);
    const [local, peer] = pair();
    const [reader, writer] = pipe();
    keep(reader);
    keep(writer);
    expect(sendFds(one, ['with ', 'them'], [local, reader, writer.fd])).toBe(9);
    const [data, fds, flags, address] = recvFds(two, 100, 3);
    expect(data.toString()).toBe('with them');
    expect([flags & MSG_CTRUNC, address]).toEqual([0, '']);
    const [sock, from, to] = fds.map(keep);
    if (!(sock instanceof Socket && from instanceof FileWrapper && to instanceof FileWrapper)) throw new Error('kinds');
    expect([sock.family, sock.type]).toEqual([AF_UNIX, SOCK_STREAM]);
    for (const each of fds) expect(isCloseOnExec(each.fileno())).toBe(true);
    expect(sock.getBlocking()).toBe(false);
    // Non-blocking, all of them.
    expect(() => sock.recv(1)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    expect(() => from.read(1)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    sock.send('hello');
    expect(peer.recv(10).toString()).toBe('hello');
    to.write('through');
    expect(from.read(10).toString()).toBe('through');
    // The sender's own stay open.
    local.send('again');
    expect(peer.recv(10).toString()).toBe('again');
  });

  test('more than were asked for: the rest is closed already', () => {
    const [one, two] = pair(type);
    const before = count();
    for (const [most, expected] of [
      [0, 0],
      [1, 1],
      [3, 3],
      [5, 5],
    ] as const) {
      sendFds(one, ['x'], [one, one, one, one, one]);
      const [data, fds, flags] = recvFds(two, 10, most);
      expect([data.toString(), fds.length]).toEqual(['x', expected]);
      expect(flags & MSG_CTRUNC).toBe(most < 5 ? MSG_CTRUNC : 0);
      expect(count()).toBe(before + expected);
      for (const fd of fds) fd.close();
      expect(count()).toBe(before);
    }
  });

  test('whoever does not ask for them gets none, and none stays open', () => {
    const [one, two] = pair(type);
    const before = count();
    const takes: (() => unknown)[] = [
      () => two.recv(10),
      () => two.recvInto(Buffer.alloc(10)),
      () => two.recvfrom(10),
      () => two.recvfromInto(Buffer.alloc(10)),
      () => two.recvmsg(10),
      () => two.recvmsgInto([Buffer.alloc(10)]),
      () => new FileWrapper(two.fileno()).close(),
    ];
    for (const take of takes) {
      sendFds(one, ['x'], [one, one]);
      take();
      expect(count(), String(take)).toBe(before);
    }
    for (const each of [one, two]) each.close();
    expect(count()).toBe(before - 2);
  });
});

test('what is dropped is closed when it is collected, with a warning', async () => {
  const heard = hearWarnings();
  const [one, two] = pair();
  const before = count();
  const receive = () => {
    const [reader, writer] = pipe();
    sendFds(one, ['x'], [one, reader]);
    reader.close();
    writer.close();
    expect(recvFds(two, 10, 9)[1]).toHaveLength(2);
  };
  receive();
  expect(count()).toBe(before + 2);
  await eventually(
    () => {
      collectGarbage();
      return count() === before;
    },
    'not closed',
    10,
  );
  await eventually(() => heard.warnings.length === 2);
  heard.stop();
  expect(heard.warnings.map(({ message }) => /^unclosed (\w+) fd/.exec(message)?.[1]).sort()).toEqual([
    'file',
    'socket',
  ]);
});

test('descriptors whose owner cannot be made are closed', () => {
  const [one, two] = pair();
  const before = count();
  sendFds(one, ['x'], [one, one, one]);
  const { setBlocking } = native;
  let calls = 0;
  native.setBlocking = (...args) => (++calls === 2 ? -24 : setBlocking(...args));
  try {
    expect(() => recvFds(two, 10, 9)).toThrow(expect.objectContaining({ code: 'EMFILE' }));
  } finally {
    native.setBlocking = setBlocking;
  }
  expect(calls).toBe(2);
  expect(count()).toBe(before);
});

test('a setter that throws while a message arrives is the error, and leaves nothing open', () => {
  const [one, two] = pair();
  const before = count();
  const takes: (() => unknown)[] = [
    () => two.recvmsg(10, CMSG_SPACE(12)),
    () => two.recvmsgInto([Buffer.alloc(10)], CMSG_SPACE(12)),
    () => two.recvfrom(10),
    () => two.recvfromInto(Buffer.alloc(10)),
  ];
  for (const take of takes) {
    sendFds(one, ['x'], [one, one, one]);
    let error: unknown;
    Object.defineProperty(Array.prototype, 0, {
      configurable: true,
      set(value) {
        // The address of the sender, which has none.
        if (value === '') throw new Error('from the setter');
        Object.defineProperty(this, 0, { value, writable: true, configurable: true, enumerable: true });
      },
    });
    try {
      take();
    } catch (reason) {
      error = reason;
    } finally {
      Reflect.deleteProperty(Array.prototype, 0);
    }
    expect(error).toMatchObject({ message: 'from the setter' });
    expect(count()).toBe(before);
  }
});

test('recvmsg() gives owners where Python gives numbers, and credentials beside them', () => {
  const [one, two] = pair();
  two.setsockopt(SOL_SOCKET, SO_PASSCRED, 1);
  one.sendmsg(['x'], [[SOL_SOCKET, SCM_RIGHTS, [one]]]);
  const [, ancillary] = two.recvmsg(10, CMSG_SPACE(12) + CMSG_SPACE(4));
  expect(ancillary).toHaveLength(2);
  const rights = ancillary.find(([, type]) => type === SCM_RIGHTS)?.[2];
  expect(rights).toEqual([expect.any(Socket)]);
  for (const each of Array.isArray(rights) ? rights : []) keep(each);
  const other = ancillary.find(([, type]) => type !== SCM_RIGHTS)?.[2];
  expect(Buffer.isBuffer(other) && other.readInt32LE(0)).toBe(process.pid);
  // Credentials would take the room.
  two.setsockopt(SOL_SOCKET, SO_PASSCRED, 0);
  // Numbers as bytes are sent as Python sends them.
  one.sendmsg(['y'], [[SOL_SOCKET, SCM_RIGHTS, Int32Array.of(one.fileno())]]);
  expect(recvFds(two, 10, 4)[1].map(keep)).toEqual([expect.any(Socket)]);
});

test('a message that is peeked at brings descriptors of its own each time', () => {
  const [one, two] = pair();
  const before = count();
  sendFds(one, ['x'], [one]);
  for (const flags of [MSG_PEEK, MSG_PEEK, 0]) expect(recvFds(two, 10, 4, flags)[1].map(keep)).toHaveLength(1);
  expect(count()).toBe(before + 3);
});

test('descriptors of datagrams go to an address', () => {
  const [receiver, sender] = [keep(new Socket(AF_UNIX, SOCK_DGRAM)), keep(new Socket(AF_UNIX, SOCK_DGRAM))];
  const path = temporaryPath();
  receiver.bind(path);
  sender.bind(`${path}.sender`);
  sendFds(sender, ['x'], [sender], 0, path);
  const [, fds, , address] = recvFds(receiver, 10, 1);
  expect(address).toBe(`${path}.sender`);
  expect(fds.map(keep)).toHaveLength(1);
});

test('what is not open, too many, and what is no socket is refused', () => {
  const [one, two] = pair();
  const closed = new Socket();
  closed.close();
  expect(() => sendFds(one, ['x'], [closed])).toThrow(RangeError);
  expect(() => sendFds(one, ['x'], [1_000_000])).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(() =>
    sendFds(
      one,
      ['x'],
      Array.from({ length: 254 }, () => one),
    ),
  ).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  // Where the kernel would throw them away without a word.
  const inet = keep(new Socket(AF_INET, SOCK_DGRAM));
  inet.bind(['127.0.0.1', 0]);
  expect(() => sendFds(inet, ['x'], [one], 0, inet.getsockname())).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
  );
  for (const args of [
    [{}, ['x'], []],
    [one, ['x'], 7],
    [one, 'x', []],
    [one, ['x'], [{}]],
  ]) {
    expect(thrownBy(() => Reflect.apply(sendFds, undefined, args))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  }
  expect(() => recvFds(two, 1, -1)).toThrow(RangeError);
  expect(() => recvFds(two, 10, 4)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
});

const PYTHON = `
import os, socket
s = socket.socket(fileno=0)
data, fds, flags, address = socket.recv_fds(s, 100, 10)
os.write(fds[0], b'from python, ' + data)
r, w = os.pipe()
os.write(w, b'a pipe of python')
socket.send_fds(s, [b'back'], [r, s.fileno()])
`;

test("Python's send_fds and recv_fds are the other side", async () => {
  const [ours, theirs] = pair();
  const [reader, writer] = pipe();
  keep(reader);
  theirs.setBlocking(true);
  writer.setBlocking(true);
  sendFds(ours, ['hello'], [writer]);
  writer.close();
  const ended = await runCommand('python3', ['-c', PYTHON], { stdio: [theirs.fileno(), 'pipe', 'pipe'] });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(reader.read(100).toString()).toBe('from python, hello');
  const [data, fds] = recvFds(ours, 100, 10);
  expect(data.toString()).toBe('back');
  const [file, sock] = fds.map(keep);
  expect(file instanceof FileWrapper && file.read(100).toString()).toBe('a pipe of python');
  expect(sock).toBeInstanceOf(Socket);
});

test('1,000 descriptors reach another process: none is lost, none is left open', async () => {
  const MANY = 1000;
  const before = openDescriptors();
  const [ours, theirs] = socketpair();
  const child = new Child(process.execPath, [...TSX, `${ROOT}/test/programs/fd_holder.ts`], {
    stdio: [theirs.fileno(), 'pipe', 'pipe'],
    env: UNCACHED,
  });
  theirs.close();
  const mine: Socket[] = [];
  let answers = '';
  for (let sent = 0; sent < MANY; ) {
    const some = Array.from({ length: Math.min(250, MANY - sent) }, () => socketpair());
    for (const [local] of some) mine.push(local);
    expect(
      sendFds(
        ours,
        ['x'],
        some.map(([, remote]) => remote),
      ),
    ).toBe(1);
    for (const [, remote] of some) remote.close();
    sent += some.length;
    await eventually(
      () => selectSync([ours], [], [], 0)[0].length > 0,
      () => child.stderr,
      15,
    );
    answers += ours.recv(100).toString();
  }
  expect(answers).toBe('250\n500\n750\n1000\n');
  ours.close();
  expect(await child.ended).toEqual({ code: 0, signal: null });
  expect(child.stdout).toBe('left 0\n');
  mine.forEach((sock, i) => {
    expect(sock.recv(100).toString()).toBe(`number ${i}`);
    // Nobody else has the other end any more.
    expect(sock.recv(100)).toHaveLength(0);
    sock.close();
  });
  expect(openDescriptors().size).toBeLessThanOrEqual(before.size);
});

test('children do not inherit what was received', async () => {
  const [one, two] = pair();
  const fd = openSync('/dev/null', 'r');
  sendFds(one, ['x'], [fd, one]);
  closeSync(fd);
  const numbers = recvFds(two, 10, 2)[1].map((each) => keep(each).fileno());
  const { ino } = fstatSync(numbers[1] ?? -1);
  const { stdout } = await runCommand('python3', [
    '-c',
    `import os; print([n for n in map(int, os.listdir('/proc/self/fd')) if n > 2 and os.path.exists(f'/proc/self/fd/{n}') and os.stat(n).st_ino == ${ino}])`,
  ]);
  expect(stdout).toBe('[]\n');
});
