// One end of a connection: its descriptor, what it receives and sends, and what has become of it.
import { readlinkSync } from 'node:fs';
import type { FileWrapper } from '../../../lib/index.ts';
import { MSG_PEEK, Socket } from '../../../lib/socket.ts';
import { eventfds } from '../descriptors.ts';
import type { Stream } from './stream.ts';

/** Every descriptor that should be open, by number. */
export class Ledger {
  readonly #open = new Map<number, string>();
  /** How often a number was given out again. */
  reused = 0;
  readonly #seen = new Set<number>();

  /** A number that the system has given out. */
  enter(fd: number): void {
    if (this.#open.has(fd)) throw new Error(`number ${fd} was given out while its owner has it: it was closed twice`);
    this.#open.set(fd, readlinkSync(`/proc/self/fd/${fd}`));
    if (this.#seen.has(fd)) this.reused++;
    this.#seen.add(fd);
  }

  leave(fd: number): void {
    this.#open.delete(fd);
  }

  has(fd: number): boolean {
    return this.#open.has(fd);
  }

  /** What differs between this and `actual`, in words; '' when nothing does. */
  compare(actual: ReadonlyMap<number, string>): string {
    const missing = [...this.#open].filter(([fd, what]) => actual.get(fd) !== what);
    const extra = [...actual].filter(([fd]) => !this.#open.has(fd));
    if (missing.length === 0 && extra.length === 0) return '';
    return `closed too often: ${missing.join(' ') || 'none'}; left open: ${extra.join(' ') || 'none'}`;
  }
}

export class Half {
  readonly sock: Socket | FileWrapper;
  readonly fd: number;
  readonly incoming: Stream | undefined;
  readonly outgoing: Stream | undefined;
  /** The other end, once it is known. */
  peer: Half | undefined;
  /** Whether the descriptor is open. */
  isOpen = true;
  /** Whether it was closed without its channel. */
  isKilled = false;
  /** Whether the other end may hear that this one has ended. */
  hasEnded = false;
  readonly #ledger: Ledger;

  constructor(ledger: Ledger, sock: Socket | FileWrapper, incoming?: Stream, outgoing?: Stream) {
    this.#ledger = ledger;
    this.sock = sock;
    this.fd = sock.fileno();
    this.incoming = incoming;
    this.outgoing = outgoing;
    ledger.enter(this.fd);
  }

  /** Whether its number, freed without its channel, is the reactor's eventfd's: a loop that sleeps inline has it now and then. */
  get isReactors(): boolean {
    return this.isKilled && eventfds().includes(this.fd);
  }

  /** Whether there is something to receive, or an end; true where that cannot be told. */
  hasInput(): boolean {
    if (!(this.sock instanceof Socket)) return true;
    try {
      this.sock.recv(1, MSG_PEEK);
      return true;
    } catch (error) {
      return !(error instanceof Error && 'code' in error && error.code === 'EAGAIN');
    }
  }

  /** The descriptor is about to be closed, by whomever; a duplicate may keep the connection. */
  gone(isKept = false): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (!isKept) this.hasEnded = true;
    this.#ledger.leave(this.fd);
  }
}

export function join(one: Half, other: Half): void {
  one.peer = other;
  other.peer = one;
}
