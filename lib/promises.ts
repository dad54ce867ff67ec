// 'asyncore/promises': asyncio's low-level calls on sockets, and input to loop over.
export { type ChunkOptions, chunks } from './promises/chunks.ts';
export { connections } from './promises/connections.ts';
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
