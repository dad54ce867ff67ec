// 'asyncore': everything of Python's asyncore and asynchat.
export type { Address, AddressInfo } from './address.ts';
export type { Data } from './arguments.ts';
export { AsyncChat, type Terminator } from './async_chat.ts';
export type { ByteQueue } from './byte_queue.ts';
export { type Channel, type ChannelMap, socketMap } from './channel.ts';
export type { FifoEntry } from './chat_output.ts';
export { closeAll } from './close_all.ts';
export { Dispatcher } from './dispatcher.ts';
export { DispatcherWithSend } from './dispatcher_with_send.ts';
export { ExitNow, SystemError } from './errors.ts';
export type { Fifo } from './fifo.ts';
export { FileDispatcher, type FileLike, FileWrapper, pipe } from './file.ts';
export { type LoopOptions, loop, loopSync, poll, poll2, poll2Sync, poll3, poll3Sync, pollSync } from './loop.ts';
export { findPrefixAtEnd } from './prefix.ts';
export { type Producer, SimpleProducer } from './producer.ts';
export { exception, read, readwrite, write } from './steps.ts';
export { compactTraceback, type Place } from './traceback.ts';
export type { SocketTransport, Transport } from './transport.ts';
