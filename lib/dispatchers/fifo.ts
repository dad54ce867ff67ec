// A double-ended queue with O(1) at both ends: Array.shift() moves every element of a long array.
import { inspect } from 'node:util';

/** What a queue tells and asks whoever made it. */
export interface FifoOwner<T> {
  /** Called after every change. */
  changed?(): void;
  /** What an item adds to `size`. */
  sizeOf?(item: T): number;
  /** Called for every item that clear() removes. */
  drop?(item: T): void;
}

/** The queue of an AsyncChat: `producerFifo`. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #size = 0;
  readonly #owner: FifoOwner<T>;

  constructor(owner: FifoOwner<T> = {}) {
    this.#owner = owner;
  }

  #sizeOf(item: T): number {
    return this.#owner.sizeOf?.(item) ?? 0;
  }

  /** How many items there are. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** @hidden */
  [inspect.custom](): string {
    return `<Fifo length=${this.length}>`;
  }

  /** The total size of all items. */
  get size(): number {
    return this.#size;
  }

  /** The first item, or undefined if there is none. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** Puts `item` behind the last. */
  push(item: T): void {
    const size = this.#sizeOf(item);
    this.#items.push(item);
    this.#size += size;
    this.#owner.changed?.();
  }

  /** Puts `item` before the first. */
  unshift(item: T): void {
    const size = this.#sizeOf(item);
    if (this.#head > 0) this.#items[--this.#head] = item;
    else this.#items.unshift(item);
    this.#size += size;
    this.#owner.changed?.();
  }

  /** Replaces the first item. */
  replaceFirst(item: T): void {
    const { first } = this;
    const more = this.#sizeOf(item) - (first === undefined ? 0 : this.#sizeOf(first));
    this.#items[this.#head] = item;
    this.#size += more;
    this.#owner.changed?.();
  }

  /** Removes the first item and returns it; undefined if there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    if (item !== undefined) this.#size -= this.#sizeOf(item);
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      // Half is gone: moving the other half now costs one move per item on average.
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#owner.changed?.();
    return item;
  }

  /** Removes the items from the `index`th on, and returns them. */
  takeFrom(index: number): T[] {
    const taken: T[] = [];
    for (const item of this.#items.splice(this.#head + index)) {
      if (item === undefined) continue;
      this.#size -= this.#sizeOf(item);
      taken.push(item);
    }
    this.#owner.changed?.();
    return taken;
  }

  /** Removes all items. */
  clear(): void {
    const items = this.#items;
    const head = this.#head;
    this.#items = [];
    this.#head = 0;
    this.#size = 0;
    this.#owner.changed?.();
    if (this.#owner.drop === undefined) return;
    for (let i = head; i < items.length; i++) {
      const item = items[i];
      if (item !== undefined) this.#owner.drop(item);
    }
  }

  /** The items, first to last. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const item of this.#items.slice(this.#head)) {
      if (item !== undefined) yield item;
    }
  }
}
