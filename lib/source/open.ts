// Makes a source of whatever stands for a descriptor.
import { constants } from 'node:os';
import { FileWrapper } from '../descriptors/file_wrapper.ts';
import { adoptHandle } from '../descriptors/socket.ts';
import { Dispatcher } from '../dispatchers/dispatcher.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { check } from '../system/errors.ts';
import { type FileLike, fdOf } from '../system/file_like.ts';
import { native } from '../system/native.ts';
import { ChannelSource } from './channel_source.ts';
import type { Sink, Source } from './source.ts';
import { WatchedSource } from './watched_source.ts';

const { ENOTSOCK } = constants.errno;

/**
 * A channel, a Socket or FileWrapper (or your own object with their methods), or what stands for a
 * descriptor: a number, or an object with `fd`. A channel stays in its map and needs its loop(); a
 * Socket or FileWrapper becomes the property of whoever reads from it; a descriptor is duplicated.
 */
export type SourceLike = Dispatcher<Transport> | Transport | FileLike;

function isTransport(value: SourceLike): value is Transport {
  return typeof value === 'object' && value !== null && 'recv' in value && 'send' in value && 'fileno' in value;
}

/**
 * A duplicate of a descriptor, as a socket if it is one. It does not block, and leaves the flags of the open
 * file, which others share, as they are.
 */
function duplicate(fd: number): Transport {
  const handle = native.duplicateSocket(fd);
  if (handle !== -ENOTSOCK) return adoptHandle(check(handle, 'dup'));
  const file = new FileWrapper(fd);
  file.setBlocking(false);
  return file;
}

/** Closes what openSource() would take over; the original of what is duplicated is its owner's. */
export function closeSource(from: SourceLike): void {
  if (from instanceof Dispatcher || isTransport(from)) from.close();
}

export function openSource(from: SourceLike, sink: Sink): Source {
  if (from instanceof Dispatcher) return new ChannelSource(from, sink);
  const isDuplicate = !isTransport(from);
  const transport = isDuplicate ? duplicate(fdOf(from, 'source')) : from;
  try {
    if (!isDuplicate) transport.setBlocking(false);
    return new WatchedSource(transport, sink, isDuplicate);
  } catch (error) {
    if (isDuplicate) transport.close();
    throw error;
  }
}
