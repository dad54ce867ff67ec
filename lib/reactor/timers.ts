// What is to happen at a certain time in the loop of a map: a heap, so that thousands of deadlines
// cost one comparison in a pass, and the loop sleeps until the first of them.

export interface Timer {
  /** When it is due, in seconds of now(). */
  time: number;
  /** Its place in the heap; -1 outside it. */
  index: number;
  /** Called once, in the loop. */
  fire(time: number): void;
}

export class Timers {
  readonly #heap: Timer[] = [];
  readonly #earlier: () => void;

  /** `earlier` is called when the first one is due earlier than before. */
  constructor(earlier: () => void) {
    this.#earlier = earlier;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** When the first is due; Infinity if there is none. */
  get next(): number {
    return this.#heap[0]?.time ?? Infinity;
  }

  /** Adds the timer, or moves it. */
  set(timer: Timer, time: number): void {
    const { next } = this;
    if (timer.index < 0) timer.index = this.#heap.push(timer) - 1;
    timer.time = time;
    this.#down(this.#up(timer.index));
    if (this.next < next) this.#earlier();
  }

  delete(timer: Timer): void {
    const { index } = timer;
    if (this.#heap[index] !== timer) return;
    timer.index = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === timer) return;
    this.#put(last, index);
    this.#down(this.#up(index));
  }

  /** Fires all that are due at `time`. */
  run(time: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.time <= time; first = this.#heap[0]) {
      this.delete(first);
      first.fire(time);
    }
  }

  #put(timer: Timer, index: number): void {
    this.#heap[index] = timer;
    timer.index = index;
  }

  /** Moves the timer at `index` up to its place; returns that. */
  #up(index: number): number {
    const timer = this.#heap[index];
    let at = index;
    while (timer !== undefined && at > 0) {
      const above = this.#heap[(at - 1) >> 1];
      if (above === undefined || above.time <= timer.time) break;
      this.#put(above, at);
      at = (at - 1) >> 1;
      this.#put(timer, at);
    }
    return at;
  }

  #down(index: number): void {
    const timer = this.#heap[index];
    let at = index;
    while (timer !== undefined) {
      const left = this.#heap[2 * at + 1];
      const right = this.#heap[2 * at + 2];
      const below = right !== undefined && left !== undefined && right.time < left.time ? right : left;
      if (below === undefined || below.time >= timer.time) return;
      const { index: next } = below;
      this.#put(below, at);
      this.#put(timer, next);
      at = next;
    }
  }
}
