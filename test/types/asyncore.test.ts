// What the types promise to users: inference that saves annotations, and mistakes that do not compile.
// tsc checks all of it (npm run types); at run time, only that the names are there.
import { Buffer } from 'node:buffer';
import { expectTypeOf, test } from 'vitest';
import {
  type Address,
  type AddressInfo,
  type AsyncChat,
  type Channel,
  type ChannelMap,
  type ConnectionListener,
  createServer,
  type Data,
  Dispatcher,
  DispatcherWithSend,
  type ErrorCode,
  type FileDispatcher,
  type FileLike,
  FileWrapper,
  type InetAddressInfo,
  type LoopOptions,
  loop,
  loopSync,
  type Producer,
  type ReceivedMessage,
  refLoop,
  type Server,
  SimpleProducer,
  SystemError,
  type SystemErrorCode,
  socketMap,
  type Transport,
  type UnixAddressInfo,
  unrefLoop,
  type WakeHandle,
  type wake,
  wakeup,
} from '../../lib/index.ts';
import { type Stats, stats, Trace } from '../../lib/insight.ts';
import type { EventFd, EventFdDispatcher, PidFd, PidFdDispatcher } from '../../lib/linux.ts';
import { type Poll, type select, selectSync } from '../../lib/select.ts';
import { AF_INET, type Socket, socketpair } from '../../lib/socket.ts';

test('the socket of a channel has the type of what it was given', () => {
  expectTypeOf<Dispatcher['socket']>().toEqualTypeOf<Socket | null>();
  expectTypeOf<AsyncChat['socket']>().toEqualTypeOf<Socket | null>();
  expectTypeOf<AsyncChat<FileWrapper>['socket']>().toEqualTypeOf<FileWrapper | null>();
  expectTypeOf(Dispatcher).toBeConstructibleWith(null, new Map());
  expectTypeOf<Socket>().toExtend<Transport>();
  expectTypeOf<FileWrapper>().toExtend<Transport>();
  // @ts-expect-error: a number is no transport
  expectTypeOf<Dispatcher<number>>();
});

test('every class is a channel, and so is an object with the methods', () => {
  expectTypeOf<Dispatcher>().toExtend<Channel>();
  expectTypeOf<DispatcherWithSend>().toExtend<Channel>();
  expectTypeOf<AsyncChat>().toExtend<Channel>();
  expectTypeOf(socketMap).toEqualTypeOf<ChannelMap>();
  expectTypeOf<Omit<Dispatcher, 'close'>>().not.toExtend<Channel>();
});

test('handlers may be async, and predicates are asked for truth', () => {
  class Async extends DispatcherWithSend {
    override async handleRead() {
      this.send(this.recv(1));
    }
    override async handleAccepted(sock: Socket, addr: AddressInfo) {
      expectTypeOf(addr).toExtend<Address>();
      sock.close();
    }
    // @ts-expect-error: a promise is always true
    override async readable() {
      return false;
    }
  }
  expectTypeOf<Async>().toExtend<Channel>();
});

test('what a message brings is owned, by a socket or a file', () => {
  expectTypeOf<ReturnType<Dispatcher['recvmsg']>>().toEqualTypeOf<ReceivedMessage>();
  expectTypeOf<ReturnType<Socket['recvmsg']>>().toEqualTypeOf<ReceivedMessage>();
  const ancillary: ReceivedMessage[1] = [];
  for (const [, , data] of ancillary) {
    if (Array.isArray(data)) expectTypeOf(data).toEqualTypeOf<(Socket | FileWrapper)[]>();
  }
});

test('data goes in as text or any view, and comes out as a Buffer', () => {
  expectTypeOf<string>().toExtend<Data>();
  expectTypeOf<Float64Array>().toExtend<Data>();
  expectTypeOf<Buffer>().toExtend<Data>();
  expectTypeOf<ArrayBuffer>().not.toExtend<Data>();
  expectTypeOf<number[]>().not.toExtend<Data>();
  expectTypeOf<ReturnType<Dispatcher['recv']>>().toEqualTypeOf<Buffer>();
  expectTypeOf<ReturnType<AsyncChat['_getData']>>().toEqualTypeOf<Buffer>();
  expectTypeOf(Buffer.alloc(1)).toExtend<Parameters<Socket['send']>[0]>();
});

test('addresses are pairs, paths or bytes', () => {
  expectTypeOf<[string, number]>().toExtend<Address>();
  expectTypeOf<['::1', 80, 0, 2]>().toExtend<Address>();
  expectTypeOf<'/run/some.sock'>().toExtend<Address>();
  expectTypeOf<[string]>().not.toExtend<Address>();
  expectTypeOf<[string, string]>().not.toExtend<Address>();
  expectTypeOf<AddressInfo>().toExtend<Address>();
});

test('loop() takes its options alone, and tells when it is over', () => {
  expectTypeOf(loop).returns.toEqualTypeOf<Promise<void>>();
  expectTypeOf(loopSync).returns.toEqualTypeOf<void>();
  expectTypeOf<{ backend: 'epoll' }>().not.toExtend<LoopOptions>();
  expectTypeOf<{ timeout: null; usePoll: true }>().toExtend<LoopOptions>();
});

test('select() gives back what it was given', () => {
  type Ready = Awaited<ReturnType<typeof select<Socket, 1, FileWrapper>>>;
  expectTypeOf<Ready>().toEqualTypeOf<[Socket[], 1[], FileWrapper[]]>();
  expectTypeOf(selectSync<Socket, never, never>).returns.toEqualTypeOf<[Socket[], never[], never[]]>();
  expectTypeOf<Awaited<ReturnType<Poll['poll']>>>().toExtend<[number, number][]>();
  for (const file of [0, { fd: 0 }, { fileno: () => 0 }]) expectTypeOf(file).toExtend<FileLike>();
  expectTypeOf<string>().not.toExtend<FileLike>();
});

test('errors can be told apart', () => {
  const error: unknown = new SystemError(-2, 'open');
  if (error instanceof SystemError) {
    expectTypeOf(error.code).toEqualTypeOf<SystemErrorCode>();
    // @ts-expect-error: misspelt
    expectTypeOf(error.code === 'ECONNREFUSD').toBeBoolean();
    expectTypeOf(error.port).toEqualTypeOf<number | undefined>();
  }
});

test('producers are objects with more()', () => {
  expectTypeOf<SimpleProducer>().toExtend<Producer>();
  expectTypeOf<{ more(): string | null }>().toExtend<Producer>();
  expectTypeOf<{ more(): number }>().not.toExtend<Producer>();
  expectTypeOf(SimpleProducer).toBeConstructibleWith('text', 512);
});

test('constants are numbers, and a pair of sockets is a pair', () => {
  expectTypeOf(AF_INET).toExtend<number>();
  expectTypeOf(socketpair).returns.toEqualTypeOf<[Socket, Socket]>();
  expectTypeOf(FileWrapper).toBeConstructibleWith(0);
});

test('the socket is not null where there always is one', () => {
  expectTypeOf<Server['socket']>().toEqualTypeOf<Socket>();
  expectTypeOf<FileDispatcher['socket']>().toEqualTypeOf<FileWrapper>();
  expectTypeOf<EventFdDispatcher['socket']>().toEqualTypeOf<EventFd>();
  expectTypeOf<PidFdDispatcher['socket']>().toEqualTypeOf<PidFd>();
  expectTypeOf<Server>().toExtend<Dispatcher>();
});

test('handlers are checked: their names, their parameters, and that they say override', () => {
  class Checked extends Dispatcher {
    // @ts-expect-error: there is no such handler
    override handleReed() {}
    // @ts-expect-error: noImplicitOverride
    handleRead() {}
    // @ts-expect-error: it gets a Socket
    override handleAccepted(sock: string) {
      return sock;
    }
    override handleTimeout(kind: 'idle' | 'connect' | 'read' | 'write') {
      return kind;
    }
  }
  expectTypeOf<Checked>().toExtend<Channel>();
});

test('addresses are those of the family', () => {
  type Listener<A extends AddressInfo> = (sock: Socket<A>, address: A) => unknown;
  expectTypeOf<InetAddressInfo | UnixAddressInfo>().toEqualTypeOf<AddressInfo>();
  expectTypeOf<ConnectionListener<InetAddressInfo>>().toEqualTypeOf<Listener<InetAddressInfo>>();
  // Never called: what compiles is all that matters.
  const programs = [
    () => createServer(['::1', 0], (_, address) => expectTypeOf(address).toEqualTypeOf<InetAddressInfo>()),
    () => createServer(['::1', 0], {}, (_, [, port]) => expectTypeOf(port).toEqualTypeOf<number>()),
    () => createServer('/path', (_, address) => expectTypeOf(address).toEqualTypeOf<UnixAddressInfo>()),
    () => createServer(Buffer.alloc(1), {}, (_, address) => expectTypeOf(address).toEqualTypeOf<UnixAddressInfo>()),
    (address: Address) => createServer(address, (_, peer) => expectTypeOf(peer).toEqualTypeOf<AddressInfo>()),
    () => {
      const [, port] = createServer(['::1', 0], () => {}).getsockname();
      expectTypeOf(port).toEqualTypeOf<number>();
      const path = createServer('/path', () => {});
      // @ts-expect-error: a path has no port
      path.getsockname()[1].toFixed();
      // @ts-expect-error: a listener for paths
      createServer(['::1', 0], (_, address: string) => address);
    },
  ];
  expectTypeOf(programs).items.toBeFunction();
});

test('codes of errors are a union', () => {
  expectTypeOf<'ERR_LOOP_RUNNING' | 'ECONNREFUSED' | 'EHOSTDOWN' | 'E524'>().toExtend<ErrorCode>();
  expectTypeOf<SystemErrorCode>().toExtend<ErrorCode>();
  expectTypeOf<'ERR_LOOP_RUNNIG'>().not.toExtend<ErrorCode>();
  expectTypeOf<'WSAEINTR'>().not.toExtend<SystemErrorCode>();
  expectTypeOf<string>().not.toExtend<ErrorCode>();
});

test('handles can be posted, and what is counted is numbers', () => {
  expectTypeOf(wakeup(new Map())).toEqualTypeOf<WakeHandle>();
  expectTypeOf(unrefLoop).toBeCallableWith(new Map());
  expectTypeOf(refLoop).toBeCallableWith();
  expectTypeOf<Parameters<typeof wake>>().toEqualTypeOf<[WakeHandle]>();
  expectTypeOf(stats(new Map())).toEqualTypeOf<Stats>();
  expectTypeOf<Stats['channels'][number]['channel']>().toEqualTypeOf<Channel>();
  expectTypeOf(Trace).toBeConstructibleWith({ most: 1 });
});
