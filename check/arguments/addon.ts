// Every function of the addon itself, called with hostile values and now and then with handles that
// are right: nothing may crash or hang, and no handle is left that cannot be closed.
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { Random } from '../../test/support/random.ts';
import type { Own } from './own.ts';
import { hostile, show } from './values.ts';

const require = createRequire(import.meta.url);
const root = process.env['ASYNCORE_PREBUILD'] ?? resolve(import.meta.dirname, '../..');
const addon: object = require(resolve(root, 'build/Release/asyncore.node'));

const functions = Object.entries(addon).filter(([, value]) => typeof value === 'function');
/** What gives handles of descriptors, or pairs of them. */
const MAKES = new Set([
  ...['duplicateFile', 'duplicateSocket', 'adoptSocket', 'openFile', 'pipe', 'socketpair', 'socket', 'accept'],
  ...['openpty', 'eventfd', 'timerfd', 'inotify', 'pidfdOpen', 'signalfd'],
]);
/** The most seconds that a call may wait on this thread. */
const LONGEST = 0.001;

export function call(name: string, ...args: unknown[]): unknown {
  return Reflect.apply(Reflect.get(addon, name), undefined, args);
}

export class AddonCalls {
  readonly #random: Random;
  readonly #own: Own;
  #descriptors: unknown[] = [];
  #sets: unknown[] = [];
  /** The last call, in words. */
  last = '';

  constructor(random: Random, own: Own) {
    this.#random = random;
    this.#own = own;
  }

  get names(): string[] {
    return functions.map(([name]) => name);
  }

  #argument(): unknown {
    const random = this.#random;
    return random.weighted<() => unknown>(
      [6, () => hostile(random)],
      [3, () => random.pick(this.#descriptors)],
      [2, () => random.pick(this.#sets)],
      [1, () => random.below(4)],
      [1, () => new Uint8Array(64)],
    )();
  }

  /** Makes one call; what it throws must be an Error. */
  make(): void {
    const random = this.#random;
    const [name = ''] = random.pick(functions) ?? [];
    const args = Array.from({ length: random.below(9) }, () => this.#argument());
    this.#aim(name, args);
    this.last = `${name}(${args.map(show).join(', ')})`;
    try {
      this.#keep(name, call(name, ...args));
    } catch (error) {
      if (!(error instanceof Error)) throw new Error(`${this.last} threw what is no Error`);
    }
  }

  /** Gives the first arguments a right value at times, lest everything end at the first check. */
  #aim(name: string, args: unknown[]): void {
    const random = this.#random;
    const isSetCall = /Poll|add|setEvents|remove|Parking|wait|arm/i.test(name);
    if (random.chance(0.7)) args[0] = random.pick(isSetCall ? this.#sets : this.#descriptors);
    if (name === 'wait') {
      if (random.chance(0.7)) args[1] = random.below(2);
      if (typeof args[2] === 'number' && args[2] > LONGEST) args[2] = LONGEST;
      if (random.chance(0.7)) args[3] = new Int32Array(random.below(8));
    } else if (/^(duplicate|adopt)/.test(name)) {
      if (this.#own.has(args[0])) args[0] = -1;
    } else if (name === 'setBlocking') {
      // A blocking descriptor blocks, as it should, for ever.
      if (args[1] === true) args[1] = false;
    } else if (/^(recv|recvfrom|read)$/.test(name) && random.chance(0.7)) {
      // Slab, pool and the numbers of native/calls/transfer_calls.cc, most of which fit.
      const numbers = [0, random.below(32), random.below(48), random.below(32), random.below(48)];
      args.splice(1, 4, new ArrayBuffer(64), new ArrayBuffer(64), Int32Array.from(numbers).buffer, []);
    } else if (/recv|read|send|write|findMarks/.test(name) && random.chance(0.5)) {
      args[name === 'findMarks' ? 0 : 1] = new Uint8Array(random.below(64));
    }
  }

  #keep(name: string, result: unknown): void {
    if (name === 'newPollSet') {
      this.#sets.push(result);
    } else if (name === 'detach' && typeof result === 'number' && result >= 0) {
      // Ours by now.
      closeSync(result);
    } else if (MAKES.has(name)) {
      for (const each of Array.isArray(result) ? result : [result]) {
        if (typeof each === 'number' && each > 0) this.#descriptors.push(each);
      }
    }
    if (this.#sets.length > 8) call('closePollSet', this.#sets.shift());
    if (this.#descriptors.length > 16) call('close', this.#descriptors.shift());
  }

  /** Closes all that was made. */
  end(): void {
    for (const set of this.#sets) call('closePollSet', set);
    for (const handle of this.#descriptors) call('close', handle);
    this.#sets = [];
    this.#descriptors = [];
    call('stayAwake', false);
  }
}
