// The part of the pipe ring that does not depend on how readiness is detected: the counting window,
// the check that no byte was lost or added, and what changes its interest. See native/ring.h for what
// the ring is.
import { loadAddon } from './addon.ts';
import { fail, finish } from './messages.ts';
import { numberOption } from './options.ts';

/** A JIT-compiled program is not warm before this many events, however long they take. */
const WARM_EVENTS = 100_000;
const BYTE = 0x65;
/** The clock is read once per this many events. */
const TICK = 64;

export const token: Uint8Array = Uint8Array.of(BYTE);

export class Ring {
  readonly pipes: number = numberOption('pipes', 100);
  readonly active: number = numberOption('active', 100);
  readonly #warmMs = numberOption('warm', 0.5) * 1000;
  readonly #windowMs = numberOption('seconds', 1) * 1000;
  readonly #put: (pipe: number) => void;
  /** Channels beside the ring, which are never ready. */
  readonly idle: number = numberOption('idle', 0);
  /** How many of them change their interest with each event. */
  readonly #changes = numberOption('changes', 0);
  readonly #want: (channel: number, wants: boolean) => void;
  readonly #wanted = new Uint8Array(this.idle).fill(1);
  #nextChange = 0;
  #events = 0;
  #counting = false;
  #stopped = false;
  #returned = 0;
  #countedFrom = 0;
  #began = 0;
  #cpu: NodeJS.CpuUsage = process.cpuUsage();

  /** `put` writes the token into the pipe of this number; `want` has an idle channel wait for input, or not. */
  constructor(put: (pipe: number) => void, want: (channel: number, wants: boolean) => void) {
    this.#put = put;
    this.#want = want;
  }

  start(): void {
    this.#began = performance.now();
    const space = Math.floor(this.pipes / this.active);
    for (let i = 0; i < this.active; i++) this.#put(i * space);
  }

  /** These bytes were read from the pipe of this number. */
  received(pipe: number, bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte !== BYTE) fail('a byte was not what had been written');
      if (this.#stopped) {
        this.#returned++;
        continue;
      }
      this.#put(pipe === 0 ? this.pipes - 1 : pipe - 1);
      this.#change();
      this.#events++;
      if (this.#events % TICK === 0) this.#tick();
    }
  }

  #change(): void {
    for (let i = 0; i < this.#changes; i++) {
      const channel = this.#nextChange;
      const wants = this.#wanted[channel] === 0;
      this.#wanted[channel] = wants ? 1 : 0;
      this.#want(channel, wants);
      this.#nextChange = channel + 1 === this.idle ? 0 : channel + 1;
    }
  }

  #tick(): void {
    const now = performance.now();
    const elapsed = now - this.#began;
    if (!this.#counting) {
      // Slow arms would need minutes for that many events: ten times the time will do, too.
      const warm = this.#events >= WARM_EVENTS || elapsed >= 10 * this.#warmMs;
      if (elapsed < this.#warmMs || !warm) return;
      this.#counting = true;
      this.#countedFrom = this.#events;
      this.#began = now;
      this.#cpu = process.cpuUsage();
    } else if (elapsed >= this.#windowMs) {
      this.#stop(elapsed);
    }
  }

  #stop(elapsed: number): void {
    const cpu = process.cpuUsage(this.#cpu);
    const count = this.#events - this.#countedFrom;
    this.#stopped = true;
    // Every token must come back, once.
    setTimeout(() => {
      if (this.#returned !== this.active) {
        fail(`${this.#returned} bytes came back instead of ${this.active}`);
      }
      finish(count, elapsed / 1000, cpu);
    }, 200);
  }
}

/** The pipes of a ring, each as [read end, write end]. */
export function openPipes(count: number): [number, number][] {
  const addon = loadAddon();
  return Array.from({ length: count }, () => addon.pipe());
}
