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
  type Data,
  Dispatcher,
  DispatcherWithSend,
  type FileDispatcher,
  type FileLike,
  FileWrapper,
  type LoopOptions,
  loop,
  loopSync,
  type Producer,
  SimpleProducer,
  SystemError,
  socketMap,
  type Transport,
} from '../../lib/index.ts';
import { type Poll, type select, selectSync } from '../../lib/select.ts';
import { AF_INET, type Socket, socketpair } from '../../lib/socket.ts';

test('the socket of a channel has the type of what it was given', () => {
  expectTypeOf<Dispatcher['socket']>().toEqualTypeOf<Socket | null>();
  expectTypeOf<FileDispatcher['socket']>().toEqualTypeOf<FileWrapper | null>();
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
    expectTypeOf(error.code).toEqualTypeOf<string>();
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
  expectTypeOf(AF_INET).toEqualTypeOf<number>();
  expectTypeOf(socketpair).returns.toEqualTypeOf<[Socket, Socket]>();
  expectTypeOf(FileWrapper).toBeConstructibleWith(0);
});
