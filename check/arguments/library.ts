// Everything that the library exports, called with several hostile arguments at once, on what it was
// made for and on what it was not. (One at a time, and what exactly is thrown, is in the tests.)
import { closeSync } from 'node:fs';
import * as asyncore from '../../lib/index.ts';
import * as selecting from '../../lib/select.ts';
import * as sockets from '../../lib/socket.ts';
import type { Random } from '../../test/support/random.ts';
import type { Own } from './own.ts';
import { hostile, show } from './values.ts';

type Callable = (...args: unknown[]) => unknown;

interface Target {
  readonly name: string;
  readonly function: Callable;
  /** What it is a method of. */
  readonly Class?: string;
  /** Whether it is to be called with new. */
  readonly isClass: boolean;
}

const exported = Object.entries({ ...asyncore, ...selecting, ...sockets });

function isCallable(value: unknown): value is Callable {
  return typeof value === 'function';
}

function methodsOf(Class: string, prototype: object): Target[] {
  const targets: Target[] = [];
  for (const [name, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    for (const each of [value, get, set]) {
      if (name === 'constructor' || !isCallable(each)) continue;
      targets.push({ name: `${Class}.${name}`, function: each, Class, isClass: false });
    }
  }
  return targets;
}

const TARGETS: readonly Target[] = exported.flatMap(([name, value]) => {
  if (!isCallable(value)) return [];
  const prototype: unknown = Reflect.get(value, 'prototype');
  const isClass = typeof prototype === 'object' && prototype !== null && /^[A-Z]/.test(name);
  return [
    { name, function: value, isClass },
    ...(isClass ? [...methodsOf(name, prototype), ...methodsOf(name, value)] : []),
  ];
});

/** What waits, and where its time is among the arguments. */
const WAITS: Readonly<Record<string, number>> = {
  poll: 0,
  poll2: 0,
  poll3: 0,
  pollSync: 0,
  poll2Sync: 0,
  poll3Sync: 0,
  select: 3,
  selectSync: 3,
  'Poll.poll': 0,
  'Poll.pollSync': 0,
};

/** What takes the number of a descriptor. */
const TAKES_NUMBERS = new Set(['FileWrapper', 'FileDispatcher', 'FileDispatcher.setFile', 'Socket.fromFd']);

/** Values of the right type, lest everything end at the first check. */
function likely(random: Random, map: asyncore.ChannelMap): unknown {
  return random.pick([1, 0, 16, 'x', Buffer.from('data'), ['127.0.0.1', 1], map, [], null, undefined]);
}

export class LibraryCalls {
  readonly #random: Random;
  readonly #own: Own;
  #map: asyncore.ChannelMap = new Map();
  #instances = new Map<string, object>();
  #made: unknown[] = [];
  last = '';

  constructor(random: Random, own: Own) {
    this.#random = random;
    this.#own = own;
  }

  get names(): string[] {
    return TARGETS.map(({ name }) => name);
  }

  /** New instances of every class, in place of those that were called enough. */
  renew(): void {
    this.end();
    const map: asyncore.ChannelMap = new Map();
    const [a, b] = sockets.socketpair();
    const [c, d] = sockets.socketpair();
    const [reader, writer] = asyncore.pipe();
    const instances = [
      new sockets.Socket(),
      new selecting.Poll(),
      new asyncore.Dispatcher(a, map),
      new asyncore.DispatcherWithSend(b, map),
      new asyncore.AsyncChat(c, map),
      new asyncore.FileDispatcher(reader, map),
      new asyncore.SimpleProducer('data'),
      writer,
    ];
    for (const each of instances) {
      this.#instances.set(each.constructor.name, each);
      if (each instanceof asyncore.Dispatcher) each.logInfo = () => {};
    }
    this.#map = map;
    this.#made = [...instances, d, reader];
  }

  #argument(): unknown {
    const random = this.#random;
    return random.chance(0.5) ? hostile(random) : likely(random, this.#map);
  }

  /** Makes one call; what it throws must be an Error. */
  async make(): Promise<void> {
    const random = this.#random;
    const target = random.pick(TARGETS);
    if (target === undefined) return;
    const { name, Class } = target;
    const args = Array.from({ length: random.below(6) }, () => this.#argument());
    this.#bound(name, args);
    const self = random.chance(0.8) ? this.#instances.get(Class ?? '') : hostile(random);
    this.last = `${name}(${args.map(show).join(', ')})`;
    try {
      const result: unknown = target.isClass
        ? Reflect.construct(target.function, args)
        : Reflect.apply(target.function, self, args);
      if (name === 'Socket.detach' && typeof result === 'number') closeSync(result);
      this.#made.push(...(Array.isArray(result) ? result : [result]));
      if (result instanceof Promise) this.#made.push(await result);
    } catch (error) {
      if (error instanceof Error || error instanceof AggregateError) return;
      // What the hostile value itself is, or throws, may be thrown on.
      if (!args.includes(error)) throw new Error(`${this.last} threw what is no Error: ${show(error)}`);
    }
  }

  /** Nothing waits for long, and nothing blocks by being told to. */
  #bound(name: string, args: unknown[]): void {
    const at = WAITS[name];
    if (TAKES_NUMBERS.has(name) && this.#own.has(args[0])) args[0] = -1;
    if (at !== undefined) {
      const time = args[at];
      if (time === null || time === undefined || (typeof time === 'number' && !(time < 0.001))) args[at] = 0.001;
      if (Number.isNaN(time)) args[at] = time;
      // The map of a pass is one that nothing is in but what was put there here.
      if (at === 0 && args[1] === undefined) args[1] = this.#map;
    } else if (name === 'loop' || name === 'loopSync') {
      const options = { timeout: 0.001, count: 1, map: this.#map, backend: 'poll' };
      const key = this.#random.pick(['usePoll', 'backend', 'map', 'signal', 'spin'] as const);
      const value = this.#argument();
      args[0] = { ...options, [key]: value === undefined && key === 'map' ? this.#map : value };
    } else if (name.endsWith('.setBlocking') && args[0] === true) {
      args[0] = false;
    }
  }

  /** Closes all that was made. */
  end(): void {
    for (const each of [...this.#made, ...this.#map.values(), ...asyncore.socketMap.values()]) close(each);
    asyncore.socketMap.clear();
    this.#map.clear();
    this.#instances.clear();
    this.#made = [];
  }
}

function close(each: unknown): void {
  try {
    if (typeof each !== 'object' || each === null) return;
    const action: unknown = Reflect.get(each, 'close');
    if (isCallable(action)) Reflect.apply(action, each, []);
  } catch {
    // A hostile value of our own.
  }
}
