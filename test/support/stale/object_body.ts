// A channel that is an object of no class of the library's: it sends and receives by itself.
import type { Channel, ChannelMap } from '../../../lib/index.ts';
import type { Half } from './half.ts';
import type { Body, Seat } from './seat.ts';

/** What throws when there is nothing to do, or nobody to do it with, comes to nothing. */
export function attempt(action: () => number): number {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && 'errno' in error) return 0;
    throw error;
  }
}

export class ObjectBody implements Body, Channel {
  readonly channel = this;
  accepting = false;
  readonly #seat: Seat;
  readonly #map: ChannelMap;

  constructor(seat: Seat, map: ChannelMap) {
    this.#seat = seat;
    this.#map = map;
  }

  readable() {
    return this.#seat.answer('read');
  }

  writable() {
    return this.#seat.answer('write');
  }

  handleReadEvent() {
    this.#seat.enter('read');
    if (this.#seat.begin()) this.receive(this.#seat.world.size());
  }

  handleWriteEvent() {
    this.#seat.enter('write');
    if (!this.#seat.begin()) return;
    this.#seat.wantsWrite = false;
    if (this.#seat.half !== undefined) this.send(this.#seat.half, this.#seat.world.size());
  }

  handleExptEvent() {
    this.#seat.enter('expt');
    this.#seat.fail('an exceptional condition');
  }

  handleClose() {
    this.#seat.heardClose();
  }

  handleError(error: unknown) {
    this.#seat.heardError(error);
  }

  close() {
    const { half } = this.#seat;
    this.#seat.closing();
    if (half === undefined) return;
    if (this.#map.get(half.fd) === this) this.#map.delete(half.fd);
    attempt(() => Number(half.sock.close()));
  }

  send(half: Half, size: number) {
    const { outgoing, sock } = half;
    if (outgoing !== undefined) outgoing.give(attempt(() => sock.send(outgoing.next(size))));
  }

  waiting() {
    return 0;
  }

  receive(size: number) {
    const seat = this.#seat;
    const { half } = seat;
    if (half === undefined) return;
    let data: Buffer = Buffer.alloc(0);
    try {
      data = half.sock.recv(size);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return;
      if (!(error instanceof Error) || !('errno' in error)) throw error;
    }
    if (data.length > 0) seat.received(data);
    else seat.during('receive', () => seat.heardClose(), undefined);
  }

  enter(half: Half) {
    this.#map.set(half.fd, this);
    this.#seat.registered(half);
  }

  leave() {
    const { half } = this.#seat;
    if (half !== undefined) this.#map.delete(half.fd);
    this.#seat.unregistered();
  }
}
