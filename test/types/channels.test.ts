// Types of 'asyncore': options, queues, the functions of the loop, and what is left of the public names.
import type { Buffer } from 'node:buffer';
import { expectTypeOf, test } from 'vitest';
import {
  AsyncChat,
  type ByteQueue,
  type Channel,
  type ChannelMap,
  type ConnectionOptions,
  channelMap,
  closeAll,
  compactTraceback,
  type Data,
  Dispatcher,
  type DispatcherWithSend,
  ExitNow,
  exception,
  type Fifo,
  type FifoEntry,
  FileDispatcher,
  type FileLike,
  type FilePath,
  FileWrapper,
  findPrefixAtEnd,
  type HasFd,
  type HasFileno,
  type InetAddress,
  type LingeringOptions,
  type LoopOptions,
  loop,
  type OpenOptions,
  type Place,
  type Producer,
  pipe,
  poll,
  poll2,
  poll2Sync,
  poll3,
  poll3Sync,
  pollSync,
  read,
  readwrite,
  type ServerOptions,
  type SocketTransport,
  type Terminator,
  type TimeoutKind,
  type Transport,
  write,
} from '../../lib/index.ts';
import type { Socket } from '../../lib/socket.ts';

test('single passes, and the steps of a pass', () => {
  type Pass = [timeout?: number | null, map?: ChannelMap];
  expectTypeOf(poll).parameters.toEqualTypeOf<Pass>();
  expectTypeOf(poll).returns.toEqualTypeOf<Promise<void>>();
  expectTypeOf(pollSync).parameters.toEqualTypeOf<Pass>();
  expectTypeOf(pollSync).returns.toEqualTypeOf<void>();
  expectTypeOf(poll2).toEqualTypeOf(poll);
  expectTypeOf(poll2Sync).toEqualTypeOf(pollSync);
  expectTypeOf(poll3).toEqualTypeOf(poll2);
  expectTypeOf(poll3Sync).toEqualTypeOf(poll2Sync);
  for (const step of [read, write, exception]) expectTypeOf(step).parameters.toEqualTypeOf<[channel: Channel]>();
  expectTypeOf(readwrite).parameters.toEqualTypeOf<[channel: Channel, flags: number]>();
});

test('maps close their channels', () => {
  expectTypeOf(closeAll).parameters.toEqualTypeOf<[map?: ChannelMap, ignoreAll?: boolean]>();
  expectTypeOf(channelMap).returns.toEqualTypeOf<ChannelMap & Disposable>();
  expectTypeOf<ChannelMap>().toEqualTypeOf<Map<number, Channel>>();
  for (const one of [Dispatcher, FileWrapper, FileDispatcher, AsyncChat]) {
    expectTypeOf(one.prototype).toExtend<Disposable>();
  }
});

test('options have no names but their own', () => {
  expectTypeOf<keyof LoopOptions>().toEqualTypeOf<
    'timeout' | 'usePoll' | 'backend' | 'map' | 'count' | 'signal' | 'keepAlive' | 'ref' | 'spin' | 'wait'
  >();
  expectTypeOf<LoopOptions['wait']>().toEqualTypeOf<'worker' | 'inline' | undefined>();
  expectTypeOf<keyof ServerOptions>().toEqualTypeOf<
    'family' | 'backlog' | 'reusePort' | 'v6Only' | 'mode' | 'unlink' | 'map'
  >();
  expectTypeOf<keyof ConnectionOptions>().toEqualTypeOf<'family' | 'localAddress' | 'timeout' | 'signal'>();
  expectTypeOf<OpenOptions>().toEqualTypeOf<{ mode?: number; map?: ChannelMap }>();
  expectTypeOf<LingeringOptions>().toEqualTypeOf<{ timeout?: number | null; most?: number }>();
  expectTypeOf<TimeoutKind>().toEqualTypeOf<'idle' | 'connect' | 'message' | 'read' | 'write'>();
  // @ts-expect-error: there is no such option
  expectTypeOf(loop).toBeCallableWith({ timout: 1 });
});

test('queues tell how much is in them', () => {
  expectTypeOf<DispatcherWithSend['outBuffer']>().toEqualTypeOf<ByteQueue>();
  expectTypeOf<ByteQueue['length']>().toEqualTypeOf<number>();
  expectTypeOf<AsyncChat['producerFifo']>().toEqualTypeOf<Fifo<FifoEntry>>();
  expectTypeOf<Fifo<string>['first']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<FifoEntry>().toEqualTypeOf<Uint8Array | Producer | null>();
  expectTypeOf<AsyncChat['push']>().parameters.toEqualTypeOf<[data: Data]>();
  expectTypeOf<AsyncChat['drain']>().returns.toEqualTypeOf<Promise<void>>();
});

test('what ends a message', () => {
  expectTypeOf<Terminator>().toEqualTypeOf<string | Uint8Array | number | null>();
  expectTypeOf<AsyncChat['getTerminator']>().returns.toEqualTypeOf<Terminator>();
  expectTypeOf<Parameters<AsyncChat['setTerminator']>>().toEqualTypeOf<[terminator: Terminator]>();
  expectTypeOf(findPrefixAtEnd).toEqualTypeOf<(haystack: Data, needle: Data) => number>();
});

test('files', () => {
  expectTypeOf(pipe).returns.toEqualTypeOf<[FileWrapper, FileWrapper]>();
  expectTypeOf<FilePath>().toEqualTypeOf<string | Uint8Array | URL>();
  expectTypeOf<FileLike>().toEqualTypeOf<number | HasFd | HasFileno>();
  class Tail extends FileDispatcher {}
  const open = () => Tail.open('/path', 'r+');
  expectTypeOf(open).returns.toEqualTypeOf<Tail>();
});

test('transports', () => {
  expectTypeOf<Socket>().toExtend<SocketTransport>();
  expectTypeOf<SocketTransport>().toExtend<Transport>();
  expectTypeOf<ReturnType<Transport['recv']>>().toEqualTypeOf<Buffer>();
  expectTypeOf<InetAddress>().toEqualTypeOf<
    readonly [host: string, port: number, flowinfo?: number, scopeid?: number]
  >();
});

test('errors of the loop', () => {
  expectTypeOf(ExitNow).instance.toExtend<Error>();
  expectTypeOf(compactTraceback).returns.toEqualTypeOf<[Place, string, unknown, string]>();
  expectTypeOf<Place>().toEqualTypeOf<[file: string, func: string, line: string]>();
});
