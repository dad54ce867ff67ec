// The options of a socket by name: each is what the system then says by number.
import { describe, expect, test } from 'vitest';
import { selectSync } from '../../lib/select.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_BROADCAST,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_REUSEPORT,
  SOCK_DGRAM,
  SOL_SOCKET,
  Socket,
  socketpair,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_USER_TIMEOUT,
} from '../../lib/socket.ts';
import { runCommand, runProgram } from '../support/child.ts';
import { thrownBy } from '../support/failure.ts';
import { FAMILIES } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';

const TCP = FAMILIES.filter(({ family }) => family !== AF_UNIX);

test.each([
  ['a Socket', ''],
  ['a FileDispatcher', 'const file = new asyncore.FileDispatcher(served); closeSync(served.detach()); file.close();'],
])('linger of a minute holds up nobody, and all that was sent arrives, from %s', async (_what, close) => {
  // It is killed after 15 s.
  const { stdout, stderr, signal } = await runProgram(`
    import { closeSync } from 'node:fs';
    const listener = new sockets.Socket();
    listener.bind(['127.0.0.1', 0]);
    listener.listen();
    const client = new sockets.Socket();
    client.connectEx(listener.getsockname());
    await selecting.select([listener], [], [], 5);
    const [served] = listener.accept();
    let left = 0;
    try { for (;;) left += served.send(Buffer.alloc(65536)); } catch (error) { console.log(error.code); }
    served.setLinger(true, 60);
    ${close}
    served.close();
    for (let piece; piece?.length !== 0; left -= piece.length) {
      await selecting.select([client], [], [], 5);
      piece = client.recv(65536);
    }
    console.log(left);
    for (const each of [listener, client]) each.close();
  `);
  expect({ stdout, stderr, signal }).toEqual({ stdout: 'EAGAIN\n0\n', stderr: '', signal: null });
});

describe.each(TCP)('TCP over $name', (family) => {
  test('switches', () => {
    const sock = new Socket(family.family);
    const switches: [level: number, name: number, set: (on: boolean) => void][] = [
      [IPPROTO_TCP, TCP_NODELAY, (on) => sock.setNoDelay(on)],
      [SOL_SOCKET, SO_KEEPALIVE, (on) => sock.setKeepAlive(on)],
      [SOL_SOCKET, SO_REUSEPORT, (on) => sock.setReusePort(on)],
      [SOL_SOCKET, SO_BROADCAST, (on) => sock.setBroadcast(on)],
    ];
    for (const [level, name, set] of switches) {
      for (const on of [true, false, true]) {
        set(on);
        expect(sock.getsockopt(level, name)).toBe(on ? 1 : 0);
      }
      expect(thrownBy(() => Reflect.apply(set, undefined, [1]))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    }
    sock.close();
  });

  test('keep-alive has its times', () => {
    const sock = new Socket(family.family);
    const times = () => [TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT].map((name) => sock.getsockopt(IPPROTO_TCP, name));
    sock.setKeepAlive(true, 61, 7, 3);
    expect(times()).toEqual([61, 7, 3]);
    sock.setKeepAlive(true, undefined, 8);
    expect(times()).toEqual([61, 8, 3]);
    expect(() => sock.setKeepAlive(false, 0)).toThrow(RangeError);
    expect(() => sock.setKeepAlive(false, 1.5)).toThrow(RangeError);
    expect(sock.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).toBe(1);
    sock.close();
  });

  test('linger, buffers, user timeout and TTL', () => {
    const sock = new Socket(family.family);
    sock.setLinger(true, 5);
    expect([...new Int32Array(Uint8Array.from(sock.getsockopt(SOL_SOCKET, SO_LINGER, 8)).buffer)]).toEqual([1, 5]);
    sock.setLinger(false);
    expect(sock.getsockopt(SOL_SOCKET, SO_LINGER)).toBe(0);
    sock.setRecvBufferSize(20_000);
    sock.setSendBufferSize(30_000);
    expect([sock.getRecvBufferSize(), sock.getSendBufferSize()]).toEqual([40_000, 60_000]);
    sock.setUserTimeout(1.5);
    expect(sock.getsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT)).toBe(1500);
    sock.setUserTimeout(1e-6);
    expect(sock.getsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT)).toBe(1);
    sock.setUserTimeout(null);
    expect(sock.getsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT)).toBe(0);
    expect(() => sock.setUserTimeout(-1)).toThrow(RangeError);
    expect(() => sock.setUserTimeout(1e9)).toThrow(RangeError);
    sock.setTTL(7);
    const isV6 = family.family === AF_INET6;
    expect(sock.getsockopt(isV6 ? IPPROTO_IPV6 : IPPROTO_IP, isV6 ? IPV6_UNICAST_HOPS : IP_TTL)).toBe(7);
    expect(() => sock.setTTL(0)).toThrow(RangeError);
    sock.close();
  });

  test('linger of 0 resets the connection', () => {
    const [client, served] = connectedPair(family);
    client.setLinger(true, 0);
    client.close();
    selectSync([served], [], [], 5);
    expect(() => served.recv(1)).toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
    served.close();
  });

  test('TCP_INFO tells of the connection', () => {
    const listener = new Socket(family.family);
    listener.bind(family.address());
    listener.listen();
    expect(listener.tcpInfo().state).toBe('LISTEN');
    listener.close();
    const [client, served] = connectedPair(family);
    served.send('0123456789');
    selectSync([client], [], [], 5);
    expect(client.recv(100)).toHaveLength(10);
    const [ours, theirs] = [client.tcpInfo(), served.tcpInfo()];
    expect([ours.state, theirs.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect([ours.bytesReceived, ours.dataSegmentsIn]).toEqual([10, 1]);
    expect([theirs.bytesSent, theirs.dataSegmentsOut, theirs.bytesRetransmitted]).toEqual([10, 1, 0]);
    expect(theirs.rtt).toBeGreaterThan(0);
    expect(theirs.rtt).toBeLessThan(5);
    expect(theirs.lastDataSent).toBeLessThan(60);
    served.close();
    selectSync([client], [], [], 5);
    expect(client.tcpInfo().state).toBe('CLOSE_WAIT');
    client.close();
  });
});

test('TCP_INFO has what Python unpacks', async () => {
  const [client, served] = connectedPair({ name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] });
  served.send(Buffer.alloc(5000));
  selectSync([client], [], [], 5);
  const script = `
import socket, struct, json
s = socket.socket(fileno=3)
i = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 512)
names = 'rto ato sendMss receiveMss'.split()
out = dict(zip(names, struct.unpack_from('=4I', i, 8)))
out.update(zip('pmtu congestionWindow reordering'.split(), (struct.unpack_from('=I', i, o)[0] for o in (60, 80, 88))))
out['segmentsOut'], out['bytesAcked'] = struct.unpack_from('=I', i, 136)[0], struct.unpack_from('=Q', i, 120)[0]
print(json.dumps(out))`;
  const { stdout, stderr } = await runCommand('python3', ['-c', script], {
    stdio: ['ignore', 'pipe', 'pipe', served.fileno()],
  });
  const { rto, ato, ...theirs }: Record<string, number> = JSON.parse(stdout || stderr);
  const info = served.tcpInfo();
  expect(info).toMatchObject(theirs);
  expect([info.rto, info.ato]).toEqual([Number(rto) / 1e6, Number(ato) / 1e6]);
  client.close();
  served.close();
});

test('an IPv6 socket leaves IPv4 alone, or does not', () => {
  for (const on of [true, false]) {
    const sock = new Socket(AF_INET6);
    sock.setV6Only(on);
    expect(sock.getsockopt(IPPROTO_IPV6, IPV6_V6ONLY)).toBe(on ? 1 : 0);
    sock.bind(['::', 0]);
    sock.listen();
    const client = new Socket(AF_INET);
    const port = Number(sock.getsockname()[1]);
    client.setBlocking(true);
    const error = thrownBy(() => client.connect(['127.0.0.1', port]));
    if (on) expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    else expect(error).toBeUndefined();
    client.close();
    sock.close();
  }
});

test('a broadcast needs leave', () => {
  const sock = new Socket(AF_INET, SOCK_DGRAM);
  expect(() => sock.sendto('x', ['255.255.255.255', 9])).toThrow(expect.objectContaining({ code: 'EACCES' }));
  sock.setBroadcast();
  const error = thrownBy(() => sock.sendto('x', ['127.255.255.255', 9]));
  expect(error).not.toMatchObject({ code: 'EACCES' });
  sock.close();
});

test('several sockets share an address', () => {
  const [one, two] = [new Socket(), new Socket()];
  one.setReusePort();
  two.setReusePort();
  one.bind(['127.0.0.1', 0]);
  two.bind(one.getsockname());
  expect(two.getsockname()).toEqual(one.getsockname());
  one.close();
  two.close();
});

test('the other end of a UNIX socket has an owner', () => {
  const [one, two] = socketpair();
  const owner = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };
  expect(one.peerCredentials()).toEqual(owner);
  one.close();
  two.close();
});

test('what a socket does not have is refused', () => {
  const [one, two] = socketpair();
  expect(() => one.setNoDelay()).toThrow(expect.objectContaining({ syscall: 'setsockopt', code: 'ENOTSUP' }));
  expect(() => one.tcpInfo()).toThrow(expect.objectContaining({ syscall: 'getsockopt', code: 'ENOTSUP' }));
  one.close();
  two.close();
  expect(() => one.setNoDelay()).toThrow(expect.objectContaining({ code: 'EBADF' }));
});
