/**
 * Promises for single waits and transfers, after asyncio's low-level calls, and async iteration.
 *
 * @module asyncore/promises
 */
export { type ChunkOptions, chunks } from './promises/chunks.ts';
export { connections } from './promises/connections.ts';
export type { Iteration } from './promises/iteration.ts';
export { type LineOptions, type Lines, lines } from './promises/lines.ts';
export type { WaitOptions } from './promises/patience.ts';
export type { IterationOptions } from './promises/reading.ts';
export {
  type Receiving,
  type Sending,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvfrom,
  sockRecvInto,
  sockSendall,
  sockSendto,
} from './promises/sockets.ts';
export { waitReadable, waitWritable } from './promises/waits.ts';
export type { SourceLike } from './source/open.ts';
