// What is dropped open is closed when it is collected, with a warning: Python's ResourceWarning.
import { native } from '../system/native.ts';

/** Watches over owners of descriptors; `what` names them in the warning. */
function watcher(what: string): FinalizationRegistry<number> {
  return new FinalizationRegistry((handle) => {
    const fd = native.fileno(handle);
    // A handle that was closed in time is dead: nothing is left to do.
    if (fd < 0) return;
    native.close(handle);
    process.emitWarning(`unclosed ${what} fd=${fd}: call close() when you are done with it`, 'ResourceWarning');
  });
}

/** Register a Socket or a FileWrapper with the handle of its descriptor. */
export const unclosedSockets = watcher('socket');
export const unclosedFiles = watcher('file');
