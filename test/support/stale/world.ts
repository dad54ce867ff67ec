// All that takes part in a run: the map, the channels under watch, the ends without a channel, and
// what is counted. It says what is wrong; steps.ts says what happens.
import { readFileSync } from 'node:fs';
import { type Channel, type ChannelMap, type FileWrapper, pipe } from '../../../lib/index.ts';
import { type Socket, socketpair } from '../../../lib/socket.ts';
import { openDescriptors } from '../descriptors.ts';
import type { Random } from '../random.ts';
import { Half, join, Ledger } from './half.ts';
import { isAsked, type Kind, SOCKET_KINDS, sit, sitOnFile } from './kinds.ts';
import { Seat, type Surroundings } from './seat.ts';
import { Stream } from './stream.ts';

export class World implements Surroundings {
  readonly map: ChannelMap = new Map();
  readonly random: Random;
  readonly ledger = new Ledger();
  /** Who stands in the map, or should, by number. */
  readonly #seats = new Map<number, Seat>();
  /** Who has left the map with an open descriptor, and may return. */
  away: Seat[] = [];
  /** Whose number another channel stands under. */
  displaced: Seat[] = [];
  /** Ends without a channel. */
  raws: Half[] = [];
  /** Duplicates that keep a connection whose number was given up. */
  kept: { file: FileWrapper; half: Half; of: Half }[] = [];
  /** Closed behind the library's back: nothing may be opened until the loop has told its channel. */
  held: { seat: Seat; half: Half; since: number } | undefined;
  /** Passes in which the driver takes no step, so that channels are parked. */
  rest = 0;
  /** A half that lives on as a duplicate only. */
  ghost: Half | undefined;
  /** Nothing new happens; what is under way is to come to its end. */
  isQuiet = false;
  /** How many times the channels were asked. */
  consults = 0;
  steps = 0;
  events = 0;
  failure: string | undefined;
  /** How many channels there should be, roughly. */
  target = 20;
  /** Takes a step, as part of a handler or predicate of a seat. */
  step: (self: Seat | undefined) => void = () => {};

  constructor(random: Random) {
    this.random = random;
  }

  fail(what: string): void {
    this.failure ??= `${what} (step ${this.steps})\n${new Error('here').stack ?? ''}`;
  }

  get seats(): Seat[] {
    return [...this.#seats.values()];
  }

  stepInside(self: Seat): void {
    this.step(self);
  }

  /** So many bytes at once: few, mostly. */
  size(): number {
    const { random } = this;
    return random.weighted([6, 1 + random.below(40)], [3, 1 + random.below(3000)], [1, 1 + random.below(65536)]);
  }

  /** A seat stands under `fd` now; whoever stood there before does no longer. */
  take(seat: Seat, fd: number): void {
    const before = this.#seats.get(fd);
    this.#seats.set(fd, seat);
    if (before === undefined || before === seat) return;
    before.unregistered();
    this.displaced.push(before);
  }

  /** A seat has closed its channel. */
  left(seat: Seat, fd: number): void {
    if (this.#seats.get(fd) === seat) this.#seats.delete(fd);
  }

  /** A seat has left the map. */
  leave(seat: Seat): void {
    const { half } = seat;
    seat.body.leave();
    if (half !== undefined) this.left(seat, half.fd);
    this.away.push(seat);
  }

  /** Two halves that are connected. */
  pair(): [Half, Half] {
    const socks = socketpair();
    const streams = [new Stream(), new Stream()] as const;
    const one = new Half(this.ledger, socks[0], streams[0], streams[1]);
    const other = new Half(this.ledger, socks[1], streams[1], streams[0]);
    join(one, other);
    return [one, other];
  }

  /** Puts a channel around `half`, or none. */
  place(half: Half, kind: Kind | 'raw'): void {
    if (kind === 'raw') this.raws.push(half);
    else if (kind !== 'file') sit(new Seat(this, kind, isAsked(kind)), half, this.map);
  }

  openPair(): void {
    const kinds = [...SOCKET_KINDS, 'raw'] as const;
    for (const half of this.pair()) this.place(half, this.random.pick(kinds));
  }

  openPipe(): void {
    const [reader, writer] = pipe();
    const stream = new Stream();
    const halves: Half[] = [];
    for (const [file, incoming, outgoing] of [
      [reader, stream, undefined],
      [writer, undefined, stream],
    ] as const) {
      if (this.random.chance(0.7)) {
        const halfOf = (sock: FileWrapper) => new Half(this.ledger, sock, incoming, outgoing);
        sitOnFile(new Seat(this, 'file', true), file.fd, this.map, (sock) => {
          const half = halfOf(sock);
          halves.push(half);
          return half;
        });
        file.close();
      } else {
        const half = new Half(this.ledger, file, incoming, outgoing);
        halves.push(half);
        this.raws.push(half);
      }
    }
    const [one, other] = halves;
    if (one !== undefined && other !== undefined) join(one, other);
  }

  /** The channel takes a new connection, often with the number that it had. */
  reopen(seat: Seat): void {
    if (seat.kind === 'file' || seat.half !== undefined || this.held !== undefined) return;
    const [one, other] = this.pair();
    seat.body.enter(one);
    this.raws.push(other);
  }

  closeRaw(half: Half): void {
    this.raws = this.raws.filter((each) => each !== half);
    half.gone();
    half.sock.close();
  }

  /** A socket that was accepted, and the one that asked. */
  accepted(sock: Socket, client: Half | undefined): void {
    const half = new Half(this.ledger, sock, client?.outgoing ?? new Stream(), client?.incoming ?? new Stream());
    if (client !== undefined) join(half, client);
    this.place(half, this.random.pick(SOCKET_KINDS));
  }

  /** What is wrong with the process's descriptors; '' when nothing is. */
  compareDescriptors(): string {
    return this.ledger.compare(ours());
  }

  /** Who stands in the map and should not, or the other way round. */
  compareMap(others: ReadonlySet<Channel>): string {
    const wrong: string[] = [];
    for (const [fd, seat] of this.#seats) {
      if (this.map.get(fd) !== seat.channel) wrong.push(`${seat.kind} channel on ${fd} is not in the map`);
    }
    for (const [fd, channel] of this.map) {
      if (!others.has(channel) && this.#seats.get(fd)?.channel !== channel) wrong.push(`a channel on ${fd} too much`);
    }
    return wrong.join(', ');
  }
}

/** What is open, without what the reactor itself has, what Node has, and the folder that tsx tidies up now and then. */
function ours(): Map<number, string> {
  const isOurs = ([fd, what]: [number, string]) => before.get(fd) !== what && !/^anon_inode:|\/tsx-\d+$/.test(what);
  return new Map([...openDescriptors()].filter(isOurs));
}

const before = openDescriptors();

/** The numbers that have an entry in the reactor's epoll instances, because they are parked or were. */
export function sleepers(): number[] {
  const numbers: number[] = [];
  for (const [instance, what] of openDescriptors()) {
    if (what !== 'anon_inode:[eventpoll]') continue;
    const info = readFileSync(`/proc/self/fdinfo/${instance}`, 'utf8');
    // Ours fire once: EPOLLONESHOT, which Node's own do not have.
    for (const [, fd] of info.matchAll(/^tfd: +(\d+) events: *4[0-9a-f]{7} /gm)) numbers.push(Number(fd));
  }
  return numbers;
}
