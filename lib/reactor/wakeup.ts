// Wakes the loop of a map from another thread. The messages go by way of a BroadcastChannel, which takes no
// descriptor, and whose name can be posted to any number of threads.
import { randomUUID } from 'node:crypto';
import { types } from 'node:util';
import { BroadcastChannel } from 'node:worker_threads';
import { invalidType } from '../system/errors.ts';
import { type ChannelMap, checkMap } from './channel.ts';
import { Registry } from './registry.ts';

/** What another thread needs to wake a loop: plain data, to be posted to as many threads as you like. */
export interface WakeHandle {
  /** Names the map in this process. */
  readonly name: string;
  /** Shared memory: 1 while a wake-up is on its way, and how many have come. */
  readonly asked: Int32Array;
}

/** Places in that memory. */
const ON_ITS_WAY = 0;
const COME = 1;

const handles = new WeakMap<ChannelMap, WakeHandle>();

/**
 * How many had come when this thread sent its last one; until one comes, that is on its way. What other threads
 * have sent does not count: one may have ended in the middle of it.
 */
const sent = new WeakMap<Int32Array, number>();

/** Ends the hearing for a map that is gone. */
const forgotten = new FinalizationRegistry<BroadcastChannel>((receiver) => receiver.close());

/** Here and not in wakeup(), so that what is heard does not keep the map. */
function hear(receiver: BroadcastChannel, map: WeakRef<ChannelMap>, asked: Int32Array): void {
  receiver.onmessage = () => {
    // First, so that whoever asks from now on gets a pass of their own.
    Atomics.store(asked, ON_ITS_WAY, 0);
    Atomics.add(asked, COME, 1);
    const target = map.deref();
    if (target !== undefined) Registry.of(target).running?.wake();
  };
  receiver.unref();
}

/**
 * A handle with which other threads wake the loop() of this map: post it to them, or give it to them as
 * `workerData`, and call wake() there. A map has one handle. It holds no descriptor, and keeps neither the
 * loop nor the process going.
 *
 * @example
 * import { Worker } from 'node:worker_threads';
 * import { socketMap, wakeup } from 'asyncore';
 *
 * const worker = new Worker('./worker.js', { workerData: wakeup(socketMap) });
 */
export function wakeup(map: ChannelMap): WakeHandle {
  checkMap(map);
  let handle = handles.get(map);
  if (handle === undefined) {
    handle = { name: `asyncore:wakeup:${randomUUID()}`, asked: new Int32Array(new SharedArrayBuffer(8)) };
    const receiver = new BroadcastChannel(handle.name);
    hear(receiver, new WeakRef(map), handle.asked);
    forgotten.register(map, receiver);
    handles.set(map, handle);
  }
  return handle;
}

/**
 * Has the loop of the handle's map end its wait and take its next pass at once, from any thread. Wake-ups that
 * come before it has done so are one. If no loop runs on the map any more, nothing happens; loopSync() and its
 * kin, which block their thread, do not hear it.
 *
 * @example
 * import { workerData } from 'node:worker_threads';
 * import { wake } from 'asyncore';
 *
 * wake(workerData);
 */
export function wake(handle: WakeHandle): void {
  const { name, asked }: Partial<WakeHandle> = Object(handle);
  if (typeof name !== 'string' || !types.isInt32Array(asked)) {
    throw invalidType('handle', 'a handle of wakeup()', handle);
  }
  const come = Atomics.load(asked, COME);
  if (sent.get(asked) === come) return;
  Atomics.store(asked, ON_ITS_WAY, 1);
  const sender = new BroadcastChannel(name);
  try {
    sender.postMessage(null);
    sent.set(asked, come);
  } finally {
    sender.close();
  }
}
