// Properties of an object in whose place somebody else's stand for a while: the methods of its class, or
// functions of its own, which it gets back.
import { bare } from '../system/arguments.ts';

interface StandIn {
  readonly name: string | symbol;
  readonly value: unknown;
  /** What the object itself had. */
  readonly before: PropertyDescriptor | undefined;
}

export class StandIns {
  readonly #object: object;
  #all: StandIn[] = [];

  constructor(object: object) {
    this.#object = object;
  }

  /** Whether none stands there. */
  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  put(name: string | symbol, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(this.#object, name);
    Object.defineProperty(this.#object, name, bare({ value, writable: true, configurable: true, enumerable: false }));
    this.#all.push({ name, value, before });
  }

  /** Gives all back, except where the object's owner has set something else meanwhile. */
  remove(): void {
    const all = this.#all;
    this.#all = [];
    for (const { name, value, before } of all) {
      if (Object.getOwnPropertyDescriptor(this.#object, name)?.value !== value) continue;
      if (before === undefined) Reflect.deleteProperty(this.#object, name);
      else Object.defineProperty(this.#object, name, bare(before));
    }
  }
}
