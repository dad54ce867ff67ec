// A double-ended queue with O(1) at both ends: Array.shift() moves every element of a long array.

export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  readonly #changed: (() => void) | undefined;

  /** `changed` is called after every change. */
  constructor(changed?: () => void) {
    this.#changed = changed;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The first item, undefined when there is none. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#changed?.();
  }

  /** Puts `item` before the first. */
  unshift(item: T): void {
    if (this.#head > 0) this.#items[--this.#head] = item;
    else this.#items.unshift(item);
    this.#changed?.();
  }

  /** Puts `item` in the place of the first. */
  replaceFirst(item: T): void {
    this.#items[this.#head] = item;
    this.#changed?.();
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      // Half is gone: moving the other half now costs each item one move on average.
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#changed?.();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#changed?.();
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const item of this.#items.slice(this.#head)) {
      if (item !== undefined) yield item;
    }
  }
}
