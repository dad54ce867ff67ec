// sendmsg() and recvmsg(): pieces that make one message, ancillary data that is no descriptor, and what was
// cut.
import { describe, expect, test } from 'vitest';
import { selectSync } from '../../lib/select.ts';
import {
  AF_INET,
  AF_UNIX,
  CMSG_LEN,
  CMSG_SPACE,
  IP_PKTINFO,
  IPPROTO_IP,
  ifNameToIndex,
  MSG_CTRUNC,
  MSG_PEEK,
  MSG_TRUNC,
  SCM_CREDENTIALS,
  SO_PASSCRED,
  SOCK_DGRAM,
  SOL_SOCKET,
  Socket,
  socketpair,
} from '../../lib/socket.ts';
import { runCommand } from '../support/child.ts';
import { thrownBy } from '../support/failure.ts';
import { FAMILIES, type Family } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';

function bound({ family, address }: Family): Socket {
  const sock = new Socket(family, SOCK_DGRAM);
  sock.bind(address());
  return sock;
}

describe.each(FAMILIES)('$name', (family) => {
  test('buffers make one datagram, which fills buffers', () => {
    const [one, two] = [bound(family), bound(family)];
    expect(one.sendmsg(['ab', Buffer.from('cd'), Uint16Array.of(0x6665)], [], 0, two.getsockname())).toBe(6);
    selectSync([two], [], [], 5);
    expect(two.recvmsg(100, 0, MSG_PEEK)).toEqual([Buffer.from('abcdef'), [], expect.any(Number), one.getsockname()]);
    const views = [Buffer.alloc(2), new Uint8Array(3), new DataView(new ArrayBuffer(4))];
    expect(two.recvmsgInto(views)).toEqual([6, [], 0, one.getsockname()]);
    expect(views.map((view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString())).toEqual([
      'ab',
      'cde',
      'f\0\0\0',
    ]);
    one.close();
    two.close();
  });

  test('what was cut is told', () => {
    const [one, two] = [bound(family), bound(family)];
    one.connect(two.getsockname());
    for (const [size, flags] of [
      [3, 0],
      [3, MSG_TRUNC],
      [100, 0],
    ] as const) {
      one.sendmsg(['hello']);
      selectSync([two], [], [], 5);
      const [data, , seen] = two.recvmsg(size, 0, flags);
      expect(data.toString()).toBe(size === 3 ? 'hel' : 'hello');
      expect(seen & MSG_TRUNC).toBe(size === 3 ? MSG_TRUNC : 0);
    }
    expect(() => two.recvmsg(10)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'recvmsg' }));
    one.close();
    two.close();
  });

  test('on a stream', () => {
    const [client, served] = connectedPair(family);
    expect(client.sendmsg(['one ', 'stream'])).toBe(10);
    selectSync([served], [], [], 5);
    expect(served.recvmsg(100)[0].toString()).toBe('one stream');
    expect(() => served.recvmsg(10)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    client.close();
    selectSync([served], [], [], 5);
    expect(served.recvmsg(10)[0]).toHaveLength(0);
    served.close();
  });
});

test('more pieces than the system takes are refused', () => {
  const [one, two] = socketpair();
  expect(() => one.sendmsg(Array.from({ length: 2000 }, () => 'x'))).toThrow(
    expect.objectContaining({ code: 'EMSGSIZE' }),
  );
  expect(() => two.recvmsg(10)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  one.close();
  two.close();
});

test('credentials come as bytes', () => {
  const [one, two] = socketpair(AF_UNIX, SOCK_DGRAM);
  two.setsockopt(SOL_SOCKET, SO_PASSCRED, 1);
  one.send('who?');
  const mine = Int32Array.of(process.pid, process.getuid?.() ?? -1, process.getgid?.() ?? -1);
  const bytes = Buffer.from(mine.buffer);
  expect(two.recvmsg(10, CMSG_SPACE(12))[1]).toEqual([[SOL_SOCKET, SCM_CREDENTIALS, bytes]]);
  one.sendmsg(['it is me'], [[SOL_SOCKET, SCM_CREDENTIALS, bytes]]);
  expect(two.recvmsg(10, CMSG_SPACE(12))[1]).toEqual([[SOL_SOCKET, SCM_CREDENTIALS, bytes]]);
  // Where there is room for half of them, half of them come.
  one.send('who?');
  const [, ancillary, flags] = two.recvmsg(10, CMSG_LEN(6));
  expect(ancillary).toEqual([[SOL_SOCKET, SCM_CREDENTIALS, bytes.subarray(0, 6)]]);
  expect(flags & MSG_CTRUNC).toBe(MSG_CTRUNC);
  one.close();
  two.close();
});

test('several items come in one message', () => {
  const [one, two] = [new Socket(AF_INET, SOCK_DGRAM), new Socket(AF_INET, SOCK_DGRAM)];
  const IP_TTL = 2;
  const IP_RECVTTL = 12;
  two.bind(['127.0.0.1', 0]);
  two.setsockopt(IPPROTO_IP, IP_PKTINFO, 1);
  two.setsockopt(IPPROTO_IP, IP_RECVTTL, 1);
  // The time to live of this one datagram.
  one.sendmsg(['x'], [[IPPROTO_IP, IP_TTL, new Uint8Array(Int32Array.of(9).buffer)]], 0, two.getsockname());
  selectSync([two], [], [], 5);
  const [, ancillary] = two.recvmsg(10, 200);
  const found = new Map(ancillary.map(([, type, data]) => [type, data]));
  expect(found.get(IP_TTL)).toEqual(Buffer.from(Int32Array.of(9).buffer));
  const info = found.get(IP_PKTINFO);
  expect(Buffer.isBuffer(info) && info.readInt32LE(0)).toBe(ifNameToIndex('lo'));
  expect(Buffer.isBuffer(info) && info.subarray(8).join('.')).toBe('127.0.0.1');
  one.close();
  two.close();
});

test('the room that ancillary data takes is what Python says', async () => {
  const sizes = [0, 1, 4, 8, 12, 400];
  const script = `import socket, json, sys
print(json.dumps([[socket.CMSG_LEN(n), socket.CMSG_SPACE(n)] for n in json.loads(sys.argv[1])]))`;
  const { stdout } = await runCommand('python3', ['-c', script, JSON.stringify(sizes)]);
  expect(sizes.map((size) => [CMSG_LEN(size), CMSG_SPACE(size)])).toEqual(JSON.parse(stdout));
});

test('wrong arguments are refused', () => {
  const [one, two] = socketpair();
  const sends: [unknown[], string][] = [
    [['text'], 'ERR_INVALID_ARG_TYPE'],
    [[[1]], 'ERR_INVALID_ARG_TYPE'],
    [[['x'], 'x'], 'ERR_INVALID_ARG_TYPE'],
    [[['x'], ['x']], 'ERR_INVALID_ARG_TYPE'],
    [[['x'], [[1, 2]]], 'ERR_INVALID_ARG_TYPE'],
    [[['x'], [[1, 2, 3]]], 'ERR_INVALID_ARG_TYPE'],
    [[['x'], [['1', 2, 'x']]], 'ERR_INVALID_ARG_TYPE'],
    [[['x'], [[SOL_SOCKET, SCM_CREDENTIALS, [1]]]], 'ERR_INVALID_ARG_VALUE'],
    [[['x'], [[SOL_SOCKET, 1, [-1]]]], 'ERR_OUT_OF_RANGE'],
    [[['x'], [[SOL_SOCKET, 1, [{}]]]], 'ERR_INVALID_ARG_TYPE'],
    [[['x'], [], 1.5], 'ERR_OUT_OF_RANGE'],
    [[['x'], [], 0, 7], 'ERR_INVALID_ARG_TYPE'],
  ];
  for (const [args, code] of sends) {
    expect(
      thrownBy(() => Reflect.apply(one.sendmsg, one, args)),
      String(args),
    ).toMatchObject({ code });
  }
  for (const args of [['1'], [-1], [1, -1], [1, 2 ** 21], [1, 1, 'x'], [Number.NaN]]) {
    expect(
      thrownBy(() => Reflect.apply(two.recvmsg, two, args)),
      String(args),
    ).toHaveProperty('code');
  }
  for (const args of [['x'], [[1]], [[Buffer.alloc(1)], -1]]) {
    expect(
      thrownBy(() => Reflect.apply(two.recvmsgInto, two, args)),
      String(args),
    ).toHaveProperty('code');
  }
  expect(() => two.recvmsg(10)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  one.close();
  two.close();
  expect(() => one.sendmsg(['x'])).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'sendmsg' }));
  expect(() => one.recvmsg(1)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'recvmsg' }));
});
