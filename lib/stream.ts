/**
 * Channels, sockets, files and descriptors as streams of Node, and as Web Streams.
 *
 * @module asyncore/stream
 */
export type { SourceLike } from './source/open.ts';
export { type DescriptorDuplex, type StreamOptions, toDuplex, toReadable, toWritable } from './stream/streams.ts';
export { type StreamPair, toReadableStream, toReadableWritablePair, toWritableStream } from './stream/web.ts';
