// What is dropped open is closed when it is collected, with a warning: Python's ResourceWarning.
import { native } from './native.ts';

interface Dropped {
  handle: number;
  what: string;
}

const registry = new FinalizationRegistry<Dropped>(({ handle, what }) => {
  const fd = native.fileno(handle);
  // A handle that was closed in time is dead: nothing is left to do.
  if (fd < 0) return;
  native.close(handle);
  process.emitWarning(`unclosed ${what} fd=${fd}: call close() when it is done with`, 'ResourceWarning');
});

/** Watches over `owner`, which owns the descriptor of `handle`. */
export function watchUnclosed(owner: object, handle: number, what: string): void {
  registry.register(owner, { handle, what });
}
