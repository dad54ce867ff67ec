// Lets the allocations of Buffers fail, as they do when there is no memory.
import { Buffer } from 'node:buffer';

const CALLS = ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'from'] as const;

function fail(): never {
  throw Object.assign(new RangeError('Array buffer allocation failed'), { code: 'ERR_MEMORY_ALLOCATION_FAILED' });
}

/** Runs `action` while no Buffer can be allocated. */
export function withoutMemory<T>(action: () => T): T {
  const saved = CALLS.map((name) => [name, Reflect.get(Buffer, name)] as const);
  for (const name of CALLS) Reflect.set(Buffer, name, fail);
  try {
    return action();
  } finally {
    for (const [name, value] of saved) Reflect.set(Buffer, name, value);
  }
}
