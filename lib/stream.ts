// 'asyncore/stream': Node's streams and Web Streams over channels, sockets and descriptors.
export type { SourceLike } from './source/open.ts';
export { type DescriptorDuplex, type StreamOptions, toDuplex, toReadable, toWritable } from './stream/streams.ts';
export { type StreamPair, toReadableStream, toReadableWritablePair, toWritableStream } from './stream/web.ts';
