/**
 * Everything in Python's asyncore and asynchat: the loop, dispatchers for sockets and files, and
 * channels for message protocols.
 *
 * @module asyncore
 */

export { AsyncChat, type Terminator } from './chat/async_chat.ts';
export type { FifoEntry } from './chat/chat_output.ts';
export { findPrefixAtEnd } from './chat/prefix.ts';
export { type Producer, SimpleProducer } from './chat/producer.ts';
export type { Address, AddressInfo, InetAddress, InetAddressInfo, UnixAddressInfo } from './descriptors/address.ts';
export { FileWrapper, pipe } from './descriptors/file_wrapper.ts';
export type { FilePath } from './descriptors/open_file.ts';
export type { ByteQueue } from './dispatchers/byte_queue.ts';
export { type ConnectionOptions, createConnection } from './dispatchers/connection.ts';
export type { TimeoutKind } from './dispatchers/deadlines.ts';
export { Dispatcher } from './dispatchers/dispatcher.ts';
export { DispatcherWithSend } from './dispatchers/dispatcher_with_send.ts';
export type { Fifo } from './dispatchers/fifo.ts';
export { FileDispatcher, type OpenOptions } from './dispatchers/file_dispatcher.ts';
export type { LingeringOptions } from './dispatchers/lingering.ts';
export {
  type ConnectionListener,
  createServer,
  type InetServer,
  Server,
  type ServerOptions,
  type UnixServer,
} from './dispatchers/server.ts';
export { compactTraceback, type Place } from './dispatchers/traceback.ts';
export type { ReceivedMessage, SocketTransport, Transport } from './dispatchers/transport.ts';
export { type Channel, type ChannelMap, socketMap } from './reactor/channel.ts';
export { channelMap, closeAll } from './reactor/close_all.ts';
export {
  loop,
  loopSync,
  poll,
  poll2,
  poll2Sync,
  poll3,
  poll3Sync,
  pollSync,
  refLoop,
  unrefLoop,
} from './reactor/loop.ts';
export type { LoopOptions } from './reactor/plan.ts';
export { exception, read, readwrite, write } from './reactor/steps.ts';
export { type WakeHandle, wake, wakeup } from './reactor/wakeup.ts';
export type { Data } from './system/arguments.ts';
export type { ErrorCode, SystemErrorCode } from './system/error_codes.ts';
export { ExitNow, SystemError } from './system/errors.ts';
export type { FileLike, HasFd, HasFileno } from './system/file_like.ts';
