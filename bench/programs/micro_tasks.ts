// The microbenchmarks' common ground: what a task is, and channels to try things on.
import { type ChannelMap, closeAll, FileDispatcher, type FileWrapper, pipe } from 'asyncore';

/** What is measured and what it needs. `close` frees it. */
export interface Prepared {
  run(): void | Promise<void>;
  /** run() gives a promise. */
  async?: boolean;
  /** Not measured; before and after each run(). */
  before?(): void;
  after?(): void;
  close(): void;
}

export interface MicroTask {
  name: string;
  title: string;
  unit: 'µs' | 'ns';
  /** How often one run() does the thing. */
  times: number;
  prepare(): Prepared;
}

/** A FileDispatcher class of the library's or of a user's. */
export type ReaderClass = new (fd: number, map: ChannelMap) => FileDispatcher;

export interface Idle {
  map: ChannelMap;
  close(): void;
}

/** So many channels on pipes that nobody writes to; classes[i] takes turns. */
export function idleChannels(
  count: number,
  classes: readonly ReaderClass[] = [FileDispatcher],
  map: ChannelMap = new Map(),
): Idle {
  const writers: FileWrapper[] = [];
  for (let i = 0; i < count; i++) {
    const [reader, writer] = pipe();
    const Reader = classes[i % classes.length] ?? FileDispatcher;
    new Reader(reader.fd, map);
    reader.close();
    writers.push(writer);
  }
  return {
    map,
    close() {
      closeAll(map);
      for (const writer of writers) writer.close();
    },
  };
}
