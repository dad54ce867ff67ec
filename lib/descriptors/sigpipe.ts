// Writing to a pipe without a reader raises SIGPIPE, which kills the process by default. Node
// ignores the signal from the start, but once a program adds and removes a listener for it, the
// default applies again. Restoring Node's initial state at that point is cheaper than masking the
// signal on each write.
import { native } from '../system/native.ts';

let isWatching = false;

/** Makes sure that a write to a closed pipe never kills this process with SIGPIPE. */
export function ignoreSigPipe(): void {
  if (isWatching) return;
  isWatching = true;
  native.ignoreSigPipe();
  // Node's own such listener, which resets the signal, was added first.
  process.on('removeListener', (type) => {
    if (type === 'SIGPIPE') native.ignoreSigPipe();
  });
}
