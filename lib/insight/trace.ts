// Records what the diagnostics channels tell, as the trace events that chrome://tracing and Perfetto read.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { isMainThread, threadId } from 'node:worker_threads';
import { bare, integer } from '../system/arguments.ts';
import { now } from '../system/clock.ts';
import { invalidType } from '../system/errors.ts';
import { escaped, nameOf, textOf } from '../system/text.ts';

/** The options of a Trace. */
export interface TraceOptions {
  /** How many events are kept; what comes later is only counted. Default 1,000,000. */
  readonly most?: number;
}

/** One event, as the Trace Event Format has it; times are in microseconds. */
export interface TraceEvent {
  /** What is shown. */
  readonly name: string;
  /** `'pass'`, `'dispatch'`, `'error'` or `'accept'`. */
  readonly cat: string;
  /** `'X'`: it has a duration. `'i'`: it has none. */
  readonly ph: 'X' | 'i';
  /** When it began. */
  readonly ts: number;
  /** How long it took. */
  readonly dur?: number;
  /** The process. */
  readonly pid: number;
  /** The thread. */
  readonly tid: number;
  /** `'t'`: what has no duration is of this thread. */
  readonly s?: 't';
  /** What is known besides. */
  readonly args: Readonly<Record<string, string | number>>;
}

/** The text of what somebody published; anybody can. */
function textIn(message: unknown, key: string): string {
  const value: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, key) : undefined;
  return typeof value === 'object' && value !== null ? nameOf(value) : escaped(textOf(value));
}

function numberIn(message: unknown, key: string): number {
  const value: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, key) : undefined;
  return typeof value === 'number' ? value : 0;
}

/** What viewers call the process and the thread. */
function names(): object[] {
  const of = (name: string, text: string) => ({ name, ph: 'M', pid: process.pid, tid: threadId, args: { name: text } });
  return [of('process_name', process.title), of('thread_name', isMainThread ? 'main thread' : `thread ${threadId}`)];
}

/** The class of a channel's text: `<Echo connected ...>`. */
function classIn(text: string): string {
  return /^<([^\s>]+)/.exec(text)?.[1] ?? text;
}

/**
 * A recording of all passes, handlers, errors and accepted connections of this thread, from its making until
 * stop(), for a trace viewer (Chromium's DevTools, https://ui.perfetto.dev, https://www.speedscope.app).
 *
 * @example
 * const trace = new Trace();
 * setTimeout(() => {
 *   trace.stop();
 *   trace.write('/tmp/asyncore.json');
 * }, 10_000);
 */
export class Trace {
  /** What was recorded. */
  readonly events: TraceEvent[] = [];
  /** How many events came when it was full. */
  left = 0;
  readonly #most: number;
  #isRecording = true;
  readonly #hearers: [channel: string, hear: (message: unknown) => void][] = [
    ['asyncore:pass', (message) => this.#pass(message)],
    ['asyncore:dispatch', (message) => this.#dispatch(message)],
    ['asyncore:error', (message) => this.#error(message)],
    ['asyncore:accept', (message) => this.#accept(message)],
  ];

  /** Begins to record. */
  constructor(options: TraceOptions = {}) {
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
    this.#most = integer(bare(options).most ?? 1_000_000, 'options.most');
    for (const [channel, hear] of this.#hearers) subscribe(channel, hear);
  }

  /** Ends the recording; calling it again does nothing. */
  stop(): void {
    this.#isRecording = false;
    for (const [channel, hear] of this.#hearers) unsubscribe(channel, hear);
  }

  /** The same as stop(): `using trace = new Trace()`. */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** What `JSON.stringify(trace)` writes: the object that trace viewers read. */
  toJSON(): object {
    return { traceEvents: [...names(), ...this.events], displayTimeUnit: 'ms', otherData: { left: this.left } };
  }

  /** Writes it to a file, for a trace viewer to open. Blocks meanwhile. */
  write(path: string | URL): void {
    writeFileSync(path, JSON.stringify(this));
  }

  /** @hidden */
  [inspect.custom](): string {
    return `<${this.constructor.name} ${this.#isRecording ? 'recording' : 'stopped'} events=${this.events.length}>`;
  }

  #span(cat: string, name: string, message: unknown, args: TraceEvent['args']): void {
    const ts = 1e6 * numberIn(message, 'start');
    const dur = 1e6 * numberIn(message, 'duration');
    this.#add({ name, cat, ph: 'X', ts, dur, pid: process.pid, tid: threadId, args });
  }

  #moment(cat: string, name: string, args: TraceEvent['args']): void {
    this.#add({ name, cat, ph: 'i', ts: 1e6 * now(), pid: process.pid, tid: threadId, s: 't', args });
  }

  #add(event: TraceEvent): void {
    if (this.events.length < this.#most) this.events.push(event);
    else this.left++;
  }

  #pass(message: unknown): void {
    const args = { backend: textIn(message, 'backend'), events: numberIn(message, 'events') };
    this.#span('pass', 'pass', message, args);
  }

  #dispatch(message: unknown): void {
    const channel = textIn(message, 'channel');
    this.#span('dispatch', `${classIn(channel)} ${textIn(message, 'event')}`, message, { channel });
  }

  #error(message: unknown): void {
    this.#moment('error', textIn(message, 'error'), { channel: textIn(message, 'channel') });
  }

  #accept(message: unknown): void {
    this.#moment('accept', `${classIn(textIn(message, 'listener'))} accept`, { socket: textIn(message, 'socket') });
  }
}
