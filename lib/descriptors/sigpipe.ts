// A write to a pipe without a reader raises SIGPIPE, whose default ends the process. Node ignores the
// signal from the start, but a program that listens to it and then stops listening is left with the
// default. Node's own first state is then put back, which is cheaper than masking the signal around
// every write.
import { native } from '../system/native.ts';

let isWatching = false;

/** Makes sure that no write ends this process by SIGPIPE. */
export function ignoreSigPipe(): void {
  if (isWatching) return;
  isWatching = true;
  native.ignoreSigPipe();
  // Node's own such listener, which resets the signal, was added first.
  process.on('removeListener', (type) => {
    if (type === 'SIGPIPE') native.ignoreSigPipe();
  });
}
