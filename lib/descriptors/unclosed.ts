// Closes what was dropped open when it is garbage-collected, with a warning: Python's
// ResourceWarning.
import { warn } from '../system/later.ts';
import { native } from '../system/native.ts';

/** A registry for owners of descriptors; `what` names them in the warning. */
function watcher(what: string): FinalizationRegistry<number> {
  return new FinalizationRegistry((handle) => {
    const fd = native.fileno(handle);
    // A handle that was closed properly is dead, and nothing is left to do.
    if (fd < 0) return;
    native.close(handle);
    warn(`unclosed ${what} fd=${fd}: call close() when you are done with it`, 'ResourceWarning');
  });
}

/** Register each Socket or FileWrapper with the handle of its descriptor. */
export const unclosedSockets = watcher('socket');
export const unclosedFiles = watcher('file');
