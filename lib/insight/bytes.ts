// Counts the bytes that go through the addon. Until somebody asks, nothing is counted: then its calls are
// replaced by ones that count.
import { native } from '../system/native.ts';

/** Told of every transfer on a descriptor. */
export interface ByteCounter {
  received(fd: number, bytes: number): void;
  sent(fd: number, bytes: number): void;
}

/** Weak, so that the maps of counters can be collected. */
const counters = new Set<WeakRef<ByteCounter>>();

function tell(handle: number, how: 'received' | 'sent', bytes: number): void {
  const fd = native.fileno(handle);
  for (const each of counters) {
    const counter = each.deref();
    if (counter === undefined) counters.delete(each);
    else counter[how](fd, bytes);
  }
}

type Transfer = [handle: number, ...rest: unknown[]];

function counting<A extends Transfer>(call: (...args: A) => number, how: 'received' | 'sent') {
  return (...args: A): number => {
    const bytes = call(...args);
    if (bytes > 0) tell(args[0], how, bytes);
    return bytes;
  };
}

/** Has `counter` told of every transfer from now on. */
export function countBytes(counter: ByteCounter): void {
  replaceCalls();
  counters.add(new WeakRef(counter));
}

let isReplaced = false;

function replaceCalls(): void {
  if (isReplaced) return;
  isReplaced = true;
  native.recv = counting(native.recv, 'received');
  native.recvInto = counting(native.recvInto, 'received');
  native.recvfrom = counting(native.recvfrom, 'received');
  native.recvfromInto = counting(native.recvfromInto, 'received');
  native.recvmsg = counting(native.recvmsg, 'received');
  native.read = counting(native.read, 'received');
  native.readInto = counting(native.readInto, 'received');
  native.send = counting(native.send, 'sent');
  native.sendto = counting(native.sendto, 'sent');
  native.sendmsg = counting(native.sendmsg, 'sent');
  native.write = counting(native.write, 'sent');
}
