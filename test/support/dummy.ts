// A channel that is not a Dispatcher: any object with the same methods will do. It records the calls
// it gets.
import type { Channel } from '../../lib/index.ts';
import { messageOf } from './failure.ts';

export class Dummy implements Channel {
  accepting = false;
  readonly calls: string[] = [];
  /** What a step does after being recorded: mostly throw. */
  readonly on: Partial<Record<string, () => unknown>>;

  constructor(on: Partial<Record<string, () => unknown>> = {}) {
    this.on = on;
  }

  #step(step: string, note = ''): unknown {
    this.calls.push(`${step}${note}`);
    return this.on[step]?.();
  }

  readable() {
    return this.on['readable']?.() ?? true;
  }

  writable() {
    return this.on['writable']?.() ?? false;
  }

  handleReadEvent() {
    return this.#step('read');
  }

  handleWriteEvent() {
    return this.#step('write');
  }

  handleExptEvent() {
    return this.#step('expt');
  }

  handleClose() {
    return this.#step('close');
  }

  handleError(error: unknown) {
    return this.#step('error', ` ${messageOf(error)}`);
  }

  close() {
    return this.#step('closed');
  }
}
