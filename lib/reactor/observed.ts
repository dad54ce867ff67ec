// What can be seen of passes from outside: Node's diagnostics channels, and who counts the passes of a map.
// Whether anybody looks is asked once per pass, and only then is each step measured.
import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import { now } from '../system/clock.ts';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { type Backend, nameOfBackend } from '../system/native.ts';
import type { Channel, ChannelMap } from './channel.ts';
import { type Batch, dispatch, type Step, type Steps, steps } from './dispatch.ts';

/** What `asyncore:pass` tells, when the events of a pass have been served. */
export interface PassMessage {
  /** The map whose loop took the pass. */
  readonly map: ChannelMap;
  /** How it waited. */
  readonly backend: 'select' | 'poll';
  /** How many descriptors had an event. */
  readonly events: number;
  /** When the first handler was called, in seconds on the monotonic clock. */
  readonly start: number;
  /** How long the handlers took, in seconds. */
  readonly duration: number;
}

/** What `asyncore:dispatch` tells, when a channel has been served. */
export interface DispatchMessage {
  /** Whose handler was called. */
  readonly channel: Channel;
  /** What it was called for: `'read'`, `'write'`, `'exception'`, `'close'`, or several: `'read+write'`. */
  readonly event: string;
  /** When it was called, in seconds on the monotonic clock. */
  readonly start: number;
  /** How long it took, in seconds; of an async handler, until its first await. */
  readonly duration: number;
}

const passes = diagnosticsChannel('asyncore:pass');
const dispatches = diagnosticsChannel('asyncore:dispatch');

/** Who counts the passes of one map. */
export interface Observer {
  /** A pass with so many events is over. */
  passed(events: number): void;
  /** A channel has been served. */
  served(channel: Channel, event: string, duration: number): void;
}

/** Whether a pass must be measured. */
export function isObserved(observer: Observer | undefined): boolean {
  return observer !== undefined || passes.hasSubscribers || dispatches.hasSubscribers;
}

/** What a channel is called for, as text. */
export function eventOf(flags: number): string {
  const events: string[] = [];
  if (flags & POLLIN) events.push('read');
  if (flags & POLLOUT) events.push('write');
  if (flags & POLLPRI) events.push('exception');
  if (flags & (POLLHUP | POLLERR | POLLNVAL) && !(flags & POLLIN)) events.push('close');
  return events.join('+');
}

function measured(step: Step, observer: Observer | undefined): Step {
  return (channel, guarded, flags) => {
    const start = now();
    try {
      step(channel, guarded, flags);
    } finally {
      const duration = now() - start;
      const event = eventOf(flags);
      observer?.served(channel, event, duration);
      if (dispatches.hasSubscribers) {
        const message: DispatchMessage = { channel, event, start, duration };
        dispatches.publish(message);
      }
    }
  };
}

/** Delivers a batch as dispatch() does, and tells of it. */
export function dispatchObserved(map: ChannelMap, batch: Batch, backend: Backend, observer: Observer | undefined) {
  const all: Steps = {
    read: measured(steps.read, observer),
    write: measured(steps.write, observer),
    exception: measured(steps.exception, observer),
    close: measured(steps.close, observer),
    readwrite: measured(steps.readwrite, observer),
  };
  const events = batch.size;
  const start = now();
  try {
    dispatch(batch, backend, all);
  } finally {
    const duration = now() - start;
    observer?.passed(events);
    if (passes.hasSubscribers) {
      const message: PassMessage = { map, backend: nameOfBackend(backend), events, start, duration };
      passes.publish(message);
    }
  }
}
