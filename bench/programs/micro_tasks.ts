// What the microbenchmarks share: what a task is, and idle channels to measure with.
import { type ChannelMap, closeAll, FileDispatcher, type FileWrapper, pipe } from 'asyncore';

/** What is measured and what it needs. `close` releases it. */
export interface Prepared {
  run(): void | Promise<void>;
  /** run() returns a promise. */
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
  /** How many times one run() does what is measured. */
  times: number;
  prepare(): Prepared;
}

/** FileDispatcher, or a subclass as a user writes it. */
export type ReaderClass = new (fd: number, map: ChannelMap) => FileDispatcher;

export interface Idle {
  map: ChannelMap;
  close(): void;
}

/** `count` channels on pipes that nobody writes to, of each of the classes in turn. */
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
