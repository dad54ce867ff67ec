// Types of the modules beside 'asyncore' itself.
import type { Buffer } from 'node:buffer';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import { expectTypeOf, test } from 'vitest';
import { addonPath } from '../../lib/addon.ts';
import type { Channel, ChannelMap, Dispatcher, FileWrapper, Transport } from '../../lib/index.ts';
import {
  type AcceptMessage,
  type ChannelStats,
  type DispatchMessage,
  type ErrorMessage,
  type HandlerTime,
  type PassMessage,
  type Stats,
  Trace,
  type TraceEvent,
  type TraceOptions,
} from '../../lib/insight.ts';
import {
  type Ending,
  EventFd,
  EventFdDispatcher,
  Inotify,
  InotifyDispatcher,
  type InotifyEvent,
  type LinuxDispatcher,
  type LinuxFile,
  PidFd,
  PidFdDispatcher,
  type Signal,
  SignalFd,
  SignalFdDispatcher,
  type SignalInfo,
  TimerFd,
  TimerFdDispatcher,
} from '../../lib/linux.ts';
import {
  type ChunkOptions,
  chunks,
  type Iteration,
  type IterationOptions,
  type LineOptions,
  type Lines,
  lines,
  type Receiving,
  type Sending,
  type SourceLike,
  sockConnect,
  sockRecv,
  sockRecvfrom,
  sockRecvInto,
  sockSendall,
  sockSendto,
  type WaitOptions,
  waitReadable,
  waitWritable,
} from '../../lib/promises.ts';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP, Poll } from '../../lib/select.ts';
import {
  BaseSelector,
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  type Selected,
  type SelectorKey,
  type SelectorMap,
  SelectSelector,
} from '../../lib/selectors.ts';
import {
  type Address,
  type AddressInfo,
  type Ancillary,
  CMSG_LEN,
  CMSG_SPACE,
  type Data,
  ifIndexToName,
  ifNameToIndex,
  inetNtop,
  inetPton,
  listenFds,
  type PeerCredentials,
  type ReceivedAncillary,
  recvFds,
  type Socket,
  type SocketOptions,
  sdNotify,
  sendFds,
  type TcpInfo,
} from '../../lib/socket.ts';
import {
  type DescriptorDuplex,
  type StreamOptions,
  type StreamPair,
  toDuplex,
  toReadable,
  toReadableStream,
  toReadableWritablePair,
  toWritable,
  toWritableStream,
} from '../../lib/stream.ts';
import {
  type FileLike,
  openpty,
  type RawOptions,
  restore,
  setRaw,
  ttyname,
  type WindowSize,
  windowSize,
} from '../../lib/tty.ts';

test('asyncore/socket', () => {
  expectTypeOf<Socket>().toExtend<SocketOptions>();
  expectTypeOf<Socket>().toExtend<Disposable>();
  expectTypeOf<Socket['peerCredentials']>().returns.toEqualTypeOf<PeerCredentials>();
  expectTypeOf<TcpInfo['state']>().extract<'ESTABLISHED' | 'LISTEN'>().toEqualTypeOf<'ESTABLISHED' | 'LISTEN'>();
  expectTypeOf<Socket['recvfrom']>().returns.toEqualTypeOf<[Buffer, AddressInfo]>();
  expectTypeOf<readonly [1, 2, Data]>().toExtend<Ancillary>();
  expectTypeOf<ReturnType<Socket['recvmsg']>[1]>().toEqualTypeOf<ReceivedAncillary<Socket | FileWrapper>[]>();
  expectTypeOf(sendFds).parameter(2).toEqualTypeOf<readonly FileLike[]>();
  expectTypeOf(recvFds).returns.toEqualTypeOf<
    [data: Buffer, fds: (Socket | FileWrapper)[], flags: number, address: AddressInfo]
  >();
  expectTypeOf(listenFds).returns.toEqualTypeOf<Socket[]>();
  expectTypeOf(sdNotify).returns.toEqualTypeOf<boolean>();
  expectTypeOf(inetPton).toEqualTypeOf<(family: number, text: string) => Buffer>();
  expectTypeOf(inetNtop).returns.toEqualTypeOf<string>();
  expectTypeOf(ifNameToIndex).returns.toEqualTypeOf<number>();
  expectTypeOf(ifIndexToName).returns.toEqualTypeOf<string>();
  for (const size of [CMSG_LEN, CMSG_SPACE]) expectTypeOf(size).toEqualTypeOf<(length: number) => number>();
});

test('asyncore/select', () => {
  expectTypeOf<Poll>().toExtend<Disposable>();
  expectTypeOf(Poll).toBeConstructibleWith();
  const all = [POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP];
  expectTypeOf(all).items.toEqualTypeOf<number>();
});

test('asyncore/stream', () => {
  expectTypeOf<
    Dispatcher | Dispatcher<FileWrapper> | Socket | FileWrapper | Transport | number
  >().toExtend<SourceLike>();
  expectTypeOf<string>().not.toExtend<SourceLike>();
  expectTypeOf(toDuplex).parameters.toEqualTypeOf<[source: SourceLike, options?: StreamOptions]>();
  expectTypeOf(toDuplex).returns.toEqualTypeOf<DescriptorDuplex>();
  expectTypeOf<DescriptorDuplex>().toExtend<Duplex>();
  expectTypeOf<DescriptorDuplex['remotePort']>().toEqualTypeOf<number | undefined>();
  expectTypeOf(toReadable).returns.toEqualTypeOf<Readable>();
  expectTypeOf(toWritable).returns.toEqualTypeOf<Writable>();
  expectTypeOf(toReadableStream).returns.toEqualTypeOf<ReadableStream<Uint8Array>>();
  expectTypeOf(toWritableStream).returns.toEqualTypeOf<WritableStream<Uint8Array | string>>();
  expectTypeOf(toReadableWritablePair).returns.toEqualTypeOf<StreamPair>();
});

test('asyncore/promises', () => {
  expectTypeOf<WaitOptions>().toEqualTypeOf<{ signal?: AbortSignal; timeout?: number | null }>();
  for (const wait of [waitReadable, waitWritable]) {
    expectTypeOf(wait).toEqualTypeOf<(fd: FileLike, options?: WaitOptions) => Promise<void>>();
  }
  expectTypeOf(sockRecv).toEqualTypeOf<(sock: Receiving, size: number, options?: WaitOptions) => Promise<Buffer>>();
  expectTypeOf(sockRecvInto).returns.toEqualTypeOf<Promise<number>>();
  expectTypeOf(sockRecvfrom).returns.toEqualTypeOf<Promise<[Buffer, AddressInfo]>>();
  expectTypeOf(sockSendall).toEqualTypeOf<(sock: Sending, data: Data, options?: WaitOptions) => Promise<void>>();
  expectTypeOf(sockSendto).parameter(2).toEqualTypeOf<Address>();
  expectTypeOf(sockConnect).returns.toEqualTypeOf<Promise<void>>();
  expectTypeOf<Socket | FileWrapper>().toExtend<Receiving & Sending>();
  expectTypeOf(chunks).toEqualTypeOf<(source: SourceLike, options?: ChunkOptions) => Iteration<Buffer>>();
  expectTypeOf(lines).toEqualTypeOf<(source: SourceLike, options?: LineOptions) => Lines>();
  expectTypeOf<Lines>().toExtend<Iteration<string>>();
  expectTypeOf<Lines['rest']>().toEqualTypeOf<Buffer>();
  expectTypeOf<Iteration<string>>().toExtend<AsyncGenerator<string, void, undefined>>();
  expectTypeOf<ChunkOptions>().toExtend<IterationOptions>();
  expectTypeOf<IterationOptions>().toExtend<WaitOptions>();
});

test('asyncore/selectors', () => {
  const selector = () => new DefaultSelector<'data'>();
  expectTypeOf(selector).returns.toEqualTypeOf<PollSelector<'data'>>();
  for (const one of [PollSelector, SelectSelector]) expectTypeOf(one.prototype).toExtend<BaseSelector<void>>();
  expectTypeOf(BaseSelector.prototype).toExtend<Disposable>();
  expectTypeOf<Selected<'data'>>().toEqualTypeOf<[key: SelectorKey<'data'>, events: number][]>();
  expectTypeOf<ReturnType<PollSelector<'data'>['selectSync']>>().toEqualTypeOf<Selected<'data'>>();
  expectTypeOf<ReturnType<PollSelector<'data'>['getMap']>>().toEqualTypeOf<SelectorMap<'data'> | null>();
  expectTypeOf<SelectorKey<'data'>['data']>().toEqualTypeOf<'data'>();
  expectTypeOf([EVENT_READ, EVENT_WRITE]).items.toExtend<number>();
});

test('asyncore/insight', () => {
  expectTypeOf<Stats['channels']>().toEqualTypeOf<readonly ChannelStats[]>();
  expectTypeOf<Stats['slowest']>().toEqualTypeOf<readonly HandlerTime[]>();
  expectTypeOf<PassMessage['map']>().toEqualTypeOf<ChannelMap>();
  expectTypeOf<DispatchMessage['channel']>().toEqualTypeOf<Channel>();
  expectTypeOf<ErrorMessage['error']>().toEqualTypeOf<unknown>();
  expectTypeOf<AcceptMessage['socket']>().toEqualTypeOf<Socket>();
  expectTypeOf(Trace).constructorParameters.toEqualTypeOf<[options?: TraceOptions]>();
  expectTypeOf<Trace['events']>().toEqualTypeOf<TraceEvent[]>();
  expectTypeOf<Trace>().toExtend<Disposable>();
});

test('asyncore/linux', () => {
  expectTypeOf<LinuxFile>().toExtend<Transport & Disposable>();
  expectTypeOf<EventFd | TimerFd | SignalFd | Inotify | PidFd>().toExtend<LinuxFile>();
  expectTypeOf(EventFd).instance.toHaveProperty('read').returns.toEqualTypeOf<bigint>();
  expectTypeOf(TimerFd).instance.toHaveProperty('read').returns.toEqualTypeOf<number>();
  expectTypeOf(SignalFd).constructorParameters.toEqualTypeOf<[signals: readonly Signal[]]>();
  expectTypeOf(SignalFd).instance.toHaveProperty('read').returns.toEqualTypeOf<SignalInfo[]>();
  expectTypeOf(Inotify).instance.toHaveProperty('read').returns.toEqualTypeOf<InotifyEvent[]>();
  expectTypeOf(PidFd).instance.toHaveProperty('read').returns.toEqualTypeOf<Ending | null>();
  expectTypeOf(EventFdDispatcher).instance.toExtend<LinuxDispatcher<EventFd>>();
  expectTypeOf(TimerFdDispatcher).instance.toHaveProperty('file').toEqualTypeOf<TimerFd>();
  expectTypeOf(SignalFdDispatcher).instance.toHaveProperty('handleSignals').parameter(0).toEqualTypeOf<SignalInfo[]>();
  expectTypeOf(InotifyDispatcher).instance.toHaveProperty('handleEvents').parameter(0).toEqualTypeOf<InotifyEvent[]>();
  expectTypeOf(PidFdDispatcher).instance.toHaveProperty('handleExit').parameter(0).toEqualTypeOf<Ending>();
});

test('asyncore/tty and asyncore/addon', () => {
  expectTypeOf(openpty).returns.toEqualTypeOf<[master: FileWrapper, slave: FileWrapper]>();
  expectTypeOf(setRaw).toEqualTypeOf<(fd: FileLike, options?: RawOptions) => void>();
  expectTypeOf<RawOptions['parity']>().toEqualTypeOf<'none' | 'even' | 'odd' | undefined>();
  expectTypeOf(restore).parameters.toEqualTypeOf<[fd: FileLike]>();
  expectTypeOf(ttyname).returns.toEqualTypeOf<string>();
  expectTypeOf(windowSize).toEqualTypeOf<(fd: FileLike, size?: WindowSize) => Required<WindowSize>>();
  expectTypeOf(addonPath).returns.toEqualTypeOf<string>();
});
