// Addresses by family: a socket that was made with a family's constant gives addresses of that family, and what
// comes of it does too; where nobody knows the family, one question tells the kinds apart.
import { Buffer } from 'node:buffer';
import { expect, expectTypeOf, test } from 'vitest';
import { createConnection, Dispatcher, type InetServer, type UnixServer } from '../../lib/index.ts';
import { connections, type Iteration, sockAccept } from '../../lib/promises.ts';
import {
  type AddressInfo,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  type Family,
  type InetAddressInfo,
  SOCK_DGRAM,
  Socket,
  type UnixAddressInfo,
} from '../../lib/socket.ts';

test('the constants of families say what their addresses are, and are numbers', () => {
  expectTypeOf(AF_INET).toEqualTypeOf<Family<InetAddressInfo>>();
  expectTypeOf(AF_INET6).toEqualTypeOf<Family<InetAddressInfo>>();
  expectTypeOf(AF_UNIX).toEqualTypeOf<Family<UnixAddressInfo>>();
  expectTypeOf(AF_NETLINK).toEqualTypeOf<number>();
  expectTypeOf<Family>().toExtend<number>();
  expectTypeOf<number>().not.toExtend<Family>();
});

test('a socket has the addresses of its family', () => {
  const inet = new Socket(AF_INET);
  inet.bind(['127.0.0.1', 0]);
  const [host, port] = inet.getsockname();
  expect([host, port.toFixed()]).toEqual(['127.0.0.1', String(port)]);
  expectTypeOf(inet).toEqualTypeOf<Socket<InetAddressInfo>>();
  expectTypeOf(inet.getpeername).returns.toEqualTypeOf<InetAddressInfo>();
  expectTypeOf(inet.accept).returns.toEqualTypeOf<[Socket<InetAddressInfo>, InetAddressInfo]>();
  const unix = new Socket(AF_UNIX, SOCK_DGRAM);
  expectTypeOf(unix.getsockname()).toEqualTypeOf<UnixAddressInfo>();
  for (const sock of [inet, unix]) sock.close();
});

test('one whose family nobody knows has addresses of any, which one question tells apart', () => {
  const family: number = AF_INET;
  const sock = new Socket(family);
  expectTypeOf(sock).toEqualTypeOf<Socket>();
  expectTypeOf(Socket.fromFd).returns.toEqualTypeOf<Socket>();
  sock.bind(['127.0.0.1', 0]);
  const address = sock.getsockname();
  expectTypeOf(address).toEqualTypeOf<AddressInfo>();
  if (Array.isArray(address)) expectTypeOf(address).toEqualTypeOf<InetAddressInfo>();
  else expectTypeOf(address).toEqualTypeOf<UnixAddressInfo>();
  if (typeof address === 'string') expectTypeOf(address).toEqualTypeOf<string>();
  else if (!Buffer.isBuffer(address)) expectTypeOf(address[1]).toEqualTypeOf<number>();
  sock.close();
});

test('what is known of a family passes where any will do, and not the other way', () => {
  expectTypeOf<Socket<InetAddressInfo>>().toExtend<Socket>();
  expectTypeOf<Socket>().not.toExtend<Socket<InetAddressInfo>>();
  expectTypeOf<Dispatcher<Socket<InetAddressInfo>>>().toExtend<Dispatcher>();
  const map = new Map();
  const channel = new Dispatcher(new Socket(AF_INET), map);
  expectTypeOf(channel.socket).toEqualTypeOf<Socket<InetAddressInfo> | null>();
  channel.close();
});

test('connections have the addresses of their listener', () => {
  // Never called: what compiles is all that matters.
  const programs = [
    () => expectTypeOf(createConnection(['::1', 1])).resolves.toEqualTypeOf<Socket<InetAddressInfo>>(),
    () => expectTypeOf(createConnection('/path')).resolves.toEqualTypeOf<Socket<UnixAddressInfo>>(),
    (sock: Socket<InetAddressInfo>) =>
      expectTypeOf(sockAccept(sock)).resolves.toEqualTypeOf<[Socket<InetAddressInfo>, InetAddressInfo]>(),
    (sock: Socket<UnixAddressInfo>) =>
      expectTypeOf(connections(sock)).toEqualTypeOf<
        Iteration<[socket: Socket<UnixAddressInfo>, address: UnixAddressInfo]>
      >(),
    async (listener: Dispatcher) => {
      for await (const [, address] of connections(listener)) expectTypeOf(address).toEqualTypeOf<AddressInfo>();
    },
    async (listener: InetServer) => {
      for await (const [, [, port]] of connections(listener.socket)) expectTypeOf(port).toEqualTypeOf<number>();
    },
    (server: UnixServer) => expectTypeOf(server.socket.getsockname()).toEqualTypeOf<UnixAddressInfo>(),
  ];
  expectTypeOf(programs).items.toBeFunction();
});
