// Addresses of families that have no form of their own: the bytes of the sockaddr after its family, in
// both directions, for netlink, packet and vsock.
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { addressParts } from '../../lib/descriptors/address.ts';
import { createServer, Dispatcher, DispatcherWithSend, loop } from '../../lib/index.ts';
import {
  type AddressInfo,
  AF_CAN,
  AF_INET,
  AF_NETLINK,
  AF_PACKET,
  AF_VSOCK,
  ETH_P_ALL,
  ifNameToIndex,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_ROUTE,
  RTMGRP_LINK,
  RTNLGRP_LINK,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_NETLINK,
  Socket,
} from '../../lib/socket.ts';
import { runCommand, TSX } from '../support/child.ts';
import { thrownBy } from '../support/failure.ts';
import { BACKENDS } from '../support/matrix.ts';

const RTM_GETLINK = 18;
const RTM_NEWLINK = 16;
const NLM_F_REQUEST_DUMP = 0x301;

/** sockaddr_nl after its family: padding, port, groups. */
function netlinkAddress(port: number, groups = 0): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt32LE(port, 2);
  bytes.writeUInt32LE(groups, 6);
  return bytes;
}

function bytesOf(address: AddressInfo | null): Buffer {
  if (!Buffer.isBuffer(address)) throw new Error(`not bytes: ${address}`);
  return address;
}

/** Asks the kernel for all interfaces: nlmsghdr and rtgenmsg. */
function requestForLinks(): Buffer {
  const request = Buffer.alloc(20);
  request.writeUInt32LE(20, 0);
  request.writeUInt16LE(RTM_GETLINK, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  return request;
}

describe('netlink', () => {
  test.each(BACKENDS)('a channel asks the kernel for the interfaces (%s)', async (backend) => {
    const map = new Map();
    const types: number[] = [];
    const senders: AddressInfo[] = [];
    let answer = Buffer.alloc(0);
    class Links extends Dispatcher {
      override writable() {
        return false;
      }
      override handleRead() {
        const [data, sender] = this.recvfrom(65536);
        answer = Buffer.concat([answer, data]);
        types.push(data.readUInt16LE(4));
        senders.push(sender);
        this.close();
      }
    }
    const sock = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    sock.bind(netlinkAddress(0));
    const own = bytesOf(sock.getsockname());
    expect(own).toHaveLength(10);
    expect(own.readUInt32LE(2)).not.toBe(0);
    const links = new Links(sock, map);
    expect(links.sendto(requestForLinks(), netlinkAddress(0))).toBe(20);
    expect(links.localAddress).toEqual(own);
    await loop({ map, backend });
    expect(types).toEqual([RTM_NEWLINK]);
    expect(senders).toEqual([netlinkAddress(0)]);
    expect(answer.includes('lo\0')).toBe(true);
  });

  test('groups are part of the address, and an option', () => {
    const [one, two] = [
      new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE),
      new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE),
    ];
    one.bind(netlinkAddress(0, RTMGRP_LINK));
    two.bind(netlinkAddress(0));
    expect(bytesOf(one.getsockname()).readUInt32LE(6)).toBe(RTMGRP_LINK);
    two.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_LINK);
    expect(bytesOf(two.getsockname()).readUInt32LE(6)).toBe(RTMGRP_LINK);
    one.connect(netlinkAddress(0));
    expect(one.getpeername()).toEqual(netlinkAddress(0));
    one.close();
    two.close();
  });

  test('a channel in a group hears what changes', { timeout: 20_000 }, async () => {
    // Interfaces of one's own take a namespace.
    const namespace = process.getuid?.() === 0 ? '-n' : '-Urn';
    const program = new URL('../programs/links.ts', import.meta.url).pathname;
    const { stdout, stderr } = await runCommand('unshare', [namespace, process.execPath, ...TSX, program]);
    expect([stdout, stderr]).toEqual([
      `select: interface 1 is up, from group ${RTMGRP_LINK}
poll: interface 1 is down, from group ${RTMGRP_LINK}
`,
      '',
    ]);
  });

  test("Python's address is the same one", async () => {
    const sock = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    sock.bind(netlinkAddress(0, RTMGRP_LINK));
    sock.setBlocking(true);
    const script = `import socket; print(socket.socket(fileno=3).getsockname())`;
    const { stdout } = await runCommand('python3', ['-c', script], {
      stdio: ['ignore', 'pipe', 'pipe', sock.fileno()],
    });
    const own = bytesOf(sock.getsockname());
    expect(stdout).toBe(`(${own.readUInt32LE(2)}, ${own.readUInt32LE(6)})\n`);
    sock.close();
  });
});

/** sockaddr_vm after its family: padding, port, machine. */
function vsockAddress(port: number, machine: number): Buffer {
  const address = Buffer.alloc(14);
  address.writeUInt32LE(port, 2);
  address.writeUInt32LE(machine, 6);
  return address;
}

test('vsock: what is bound is what was asked for, and what connects to this machine talks, if it can', async () => {
  const [VMADDR_PORT_ANY, VMADDR_CID_ANY, VMADDR_CID_LOCAL] = [0xffffffff, 0xffffffff, 1];
  const address = vsockAddress(54_321, VMADDR_CID_ANY);
  let listener: Socket;
  try {
    listener = new Socket(AF_VSOCK, SOCK_STREAM);
  } catch (error) {
    // A kernel may have been built without it.
    expect(error).toMatchObject({ code: 'EAFNOSUPPORT' });
    return;
  }
  listener.bind(address);
  listener.listen();
  expect(listener.getsockname()).toEqual(address);
  listener.close();

  const map = new Map();
  const heard: [string, AddressInfo][] = [];
  const errors: unknown[] = [];
  class Client extends DispatcherWithSend {
    override handleRead() {
      heard.push([this.recv(100).toString(), this.getpeername()]);
      this.close();
    }
    override handleError(error: unknown) {
      errors.push(error);
      this.close();
    }
  }
  const server = createServer(
    vsockAddress(VMADDR_PORT_ANY, VMADDR_CID_ANY),
    { family: AF_VSOCK, map },
    (sock, from) => {
      sock.send(`hello, ${bytesOf(from).readUInt32LE(6)}`);
      sock.close();
      server.close();
    },
  );
  const port = bytesOf(server.getsockname()).readUInt32LE(2);
  const client = new Client(null, map);
  client.createSocket(AF_VSOCK);
  try {
    client.connect(vsockAddress(port, VMADDR_CID_LOCAL));
    await Promise.race([loop({ map }), expect.poll(() => errors.length, { timeout: 10_000 }).toBe(1)]);
  } catch (error) {
    errors.push(error);
  }
  client.close();
  server.close();
  if (errors.length > 0) {
    // A kernel without vsock_loopback has nobody there.
    expect(errors).toEqual([
      expect.objectContaining({ code: expect.stringMatching(/^(ENODEV|ECONNRESET|ETIMEDOUT)$/) }),
    ]);
    return;
  }
  expect(heard).toEqual([[`hello, ${VMADDR_CID_LOCAL}`, vsockAddress(port, VMADDR_CID_LOCAL)]]);
});

test('CAN: the bytes are those of struct sockaddr_can', () => {
  const CAN_RAW = 1;
  // Padding, the interface (0: all of them), and what other protocols of the family want.
  const address = Buffer.alloc(22);
  expect(addressParts(address, AF_CAN)[0]).toEqual(address);
  let sock: Socket;
  try {
    sock = new Socket(AF_CAN, SOCK_RAW, CAN_RAW);
  } catch (error) {
    // A kernel may have been built without it.
    expect(error).toMatchObject({ code: 'EAFNOSUPPORT', syscall: 'socket' });
    return;
  }
  sock.bind(address);
  expect(bytesOf(sock.getsockname()).readInt32LE(2)).toBe(0);
  sock.close();
});

test('packet: what passes an interface arrives, with where it passed', () => {
  const index = ifNameToIndex('lo');
  const address = Buffer.alloc(18);
  address.writeUInt16BE(ETH_P_ALL, 0);
  address.writeInt32LE(index, 2);
  if (process.getuid?.() !== 0) {
    expect(() => new Socket(AF_PACKET, SOCK_DGRAM)).toThrow(expect.objectContaining({ code: 'EPERM' }));
    return;
  }
  const tap = new Socket(AF_PACKET, SOCK_DGRAM);
  tap.bind(address);
  const bound = bytesOf(tap.getsockname());
  expect([bound.readUInt16BE(0), bound.readInt32LE(2)]).toEqual([ETH_P_ALL, index]);
  const udp = new Socket(AF_INET, SOCK_DGRAM);
  udp.bind(['127.0.0.1', 0]);
  const word = `asyncore ${process.pid} ${Math.random()}`;
  let from: AddressInfo = '';
  // What others send through the interface comes, too, and may leave no room.
  for (const end = performance.now() + 10_000; from === '' && performance.now() < end; ) {
    const error = thrownBy(() => {
      const [data, address] = tap.recvfrom(2000);
      if (data.includes(word)) from = address;
    });
    if (error === undefined) continue;
    expect(error).toMatchObject({ code: 'EAGAIN' });
    udp.sendto(word, udp.getsockname());
  }
  expect(bytesOf(from).readInt32LE(2)).toBe(index);
  tap.close();
  udp.close();
});

test('what is no such address is refused', () => {
  const sock = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  for (const address of ['path', ['127.0.0.1', 0], [1, 2], undefined, null, 7, {}]) {
    expect(thrownBy(() => Reflect.apply(sock.bind, sock, [address]))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
    });
  }
  expect(() => sock.bind(Buffer.alloc(127))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  expect(() => sock.bind(Buffer.alloc(2))).toThrow(expect.objectContaining({ code: 'EINVAL', syscall: 'bind' }));
  sock.bind(Buffer.concat([netlinkAddress(0), Buffer.alloc(116)]));
  sock.close();
});

test('the loopback interface has a number', () => {
  const [name = ''] = Object.entries(networkInterfaces()).find(([, all]) => all?.some((each) => each.internal)) ?? [];
  expect(ifNameToIndex(name)).toBeGreaterThan(0);
});
