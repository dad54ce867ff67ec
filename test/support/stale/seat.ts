// A channel under watch. Its seat knows what the channel was asked, in which registration it
// stands, and what may therefore happen to it; whatever happens beside that is a failure.
import type { Channel, ChannelMap } from '../../../lib/index.ts';
import { systemCode } from '../../../lib/system/errors.ts';
import type { Random } from '../random.ts';
import type { Half } from './half.ts';

/** What a channel under watch can do beside being one. */
export interface Body {
  readonly channel: Channel;
  /** Sends up to so many bytes of the half's stream. */
  send(half: Half, size: number): void;
  /** Bytes that wait in a buffer of the channel's own. */
  waiting(): number;
  /** Receives up to so many bytes; a channel that does so unasked has none. */
  receive(size: number): void;
  /** Enters the map around `half`. */
  enter(half: Half): void;
  /** Leaves the map; the descriptor stays open. */
  leave(): void;
}

/** What a seat knows of the world that it is in. */
export interface Surroundings {
  readonly map: ChannelMap;
  readonly random: Random;
  /** Nothing new happens; what is under way is to come to its end. */
  readonly isQuiet: boolean;
  /** How many times the channels were asked. */
  readonly consults: number;
  events: number;
  fail(what: string): void;
  /** So many bytes at once: few, mostly. */
  size(): number;
  /** The seat stands under `fd` now; another one that stood there does no longer. */
  take(seat: Seat, fd: number): void;
  /** The seat has closed its channel. */
  left(seat: Seat, fd: number): void;
  /** Takes a step, as part of a handler or predicate of the seat. */
  stepInside(seat: Seat): void;
  /** The seat's channel takes a new connection, often with the number that it had. */
  reopen(seat: Seat): void;
}

interface Registration {
  /** How many times channels had been asked when it began. */
  readonly since: number;
  canRead: boolean;
  canWrite: boolean;
  closes: number;
}

/** What was planted, to be heard by handleError() and by nobody else. */
export class Planted extends Error {}

export type Event = 'read' | 'write' | 'expt';

export class Seat {
  readonly world: Surroundings;
  readonly kind: string;
  /** Whether the channel's predicates are ours, and its answers so are known. */
  readonly isAsked: boolean;
  half: Half | undefined;
  wantsWrite = false;
  #body: Body | undefined;
  #registration: Registration | undefined;
  #doing: 'receive' | 'send' | 'nothing' = 'nothing';
  /** How many times channels had been asked when it left the map. */
  #leftAt = 0;

  constructor(world: Surroundings, kind: string, isAsked: boolean) {
    this.world = world;
    this.kind = kind;
    this.isAsked = isAsked;
  }

  get body(): Body {
    if (this.#body === undefined) throw new Error('a seat without a channel');
    return this.#body;
  }

  set body(body: Body) {
    this.#body = body;
  }

  get channel(): Channel {
    return this.body.channel;
  }

  get isRegistered(): boolean {
    return this.#registration !== undefined;
  }

  /** Its handleClose() has begun: who sends then is told a second time that the peer is gone. */
  get isClosing(): boolean {
    return (this.#registration?.closes ?? 0) > 0;
  }

  fail(what: string): void {
    this.world.fail(`${this.kind} channel on ${this.half?.fd ?? 'nothing'}: ${what}`);
  }

  /** The channel stands in the map, around `half`, from now on. */
  registered(half: Half): void {
    this.half = half;
    if (half.outgoing !== undefined) half.outgoing.waiting = () => this.body.waiting();
    this.#registration = { since: this.world.consults, canRead: false, canWrite: false, closes: 0 };
    this.world.take(this, half.fd);
  }

  /** It stands there no longer. */
  unregistered(): void {
    this.#registration = undefined;
    this.#leftAt = this.world.consults;
  }

  /** close() was called: nothing may happen any more. */
  closing(): void {
    const { half } = this;
    if (half?.outgoing !== undefined) {
      const left = this.body.waiting();
      half.outgoing.waiting = () => left;
    }
    half?.gone();
    this.unregistered();
    this.half = undefined;
    this.wantsWrite = false;
    if (half !== undefined) this.world.left(this, half.fd);
  }

  /** The answer of a predicate. */
  answer(event: 'read' | 'write'): boolean {
    const registration = this.#registration;
    if (registration === undefined) {
      // What it did in readable() is no reason not to be asked writable().
      if (this.#leftAt < this.world.consults) this.fail(`asked about ${event} after it had left the map`);
      return false;
    }
    const { world } = this;
    registration.canWrite = false;
    if (!world.isQuiet && world.random.chance(0.002)) {
      registration.canRead = false;
      throw new Planted('a predicate');
    }
    if (!world.isQuiet && world.random.chance(0.01)) world.stepInside(this);
    const answer =
      event === 'read' ? world.isQuiet || world.random.chance(0.8) : this.wantsWrite || this.body.waiting() > 0;
    // The step may have given it a new registration, which was not asked.
    if (event === 'read') registration.canRead = answer;
    else registration.canWrite = answer;
    return answer;
  }

  /** The loop calls for `event`: may it? */
  enter(event: Event): void {
    const registration = this.#registration;
    const { world, half } = this;
    world.events++;
    if (registration === undefined || half === undefined) this.fail(`${event} after it had left the map`);
    else if (world.map.get(half.fd) !== this.channel) this.fail(`${event} though another channel has its number`);
    else this.#check(event, registration);
    // Nobody but the channel reads from its socket: what it was told of must still be there.
    if (event === 'read' && half !== undefined && !half.isKilled && !half.hasInput())
      this.fail('read though there is nothing');
  }

  #check(event: Event | 'close', { since, canRead, canWrite }: Registration): void {
    if (since >= this.world.consults) this.fail(`${event} before it was asked`);
    if (!this.isAsked) return;
    const may = event === 'read' ? canRead : event === 'write' ? canWrite : canRead || canWrite;
    if (!may) this.fail(`${event} though it had answered no`);
  }

  /**
   * Does something by which the channel may find out that its peer is gone; `nothing` is the answer if the
   * reactor's own descriptor has the number of the one that was closed, and so ENOTSOCK is right.
   */
  during<T>(doing: 'receive' | 'send', action: () => T, nothing: T): T {
    const before = this.#doing;
    this.#doing = doing;
    try {
      return action();
    } catch (error) {
      if (this.half === undefined || systemCode(error) !== 'ENOTSOCK' || !this.half.isReactors) throw error;
      this.channel.close();
      return nothing;
    } finally {
      this.#doing = before;
    }
  }

  received(data: Buffer): void {
    const { half } = this;
    if (half === undefined) {
      if (data.length > 0) this.fail(`received ${data.length} bytes after close`);
    } else if (half.incoming?.take(data) !== true && data.length > 0) {
      this.fail('received bytes that are not its own');
    }
  }

  /** handleClose() was called: whether it may be, and then what comes of it. */
  heardClose(): void {
    const registration = this.#registration;
    const { half, world } = this;
    world.events++;
    if (registration === undefined || half === undefined) {
      this.fail('handleClose after it had left the map');
      return;
    }
    if (++registration.closes > 1) this.fail('handleClose twice');
    const isFromLoop = this.#doing === 'nothing';
    if (isFromLoop) this.#check('close', registration);
    if (!half.isKilled) {
      if (half.peer?.hasEnded !== true) this.fail('handleClose though its peer is there');
      // While it did not want to read, or when it found out by sending, it may not have read all.
      const hasReadAll = this.#doing === 'receive' || (isFromLoop && (!this.isAsked || registration.canRead));
      if (hasReadAll && half.incoming?.isComplete === false) this.fail('handleClose before the last byte');
    }
    if (!world.isQuiet && world.random.chance(0.3)) world.stepInside(this);
    if (this.#registration !== registration) return;
    this.channel.close();
    if (!world.isQuiet && world.random.chance(0.2)) world.reopen(this);
  }

  heardError(error: unknown): void {
    if (!(error instanceof Planted)) this.fail(`handleError: ${error instanceof Error ? error.stack : String(error)}`);
    else if (this.#registration !== undefined && this.world.random.chance(0.1)) this.channel.close();
  }

  /** A handler for `event` begins: others' doings, and whether the channel is still to act. */
  begin(): boolean {
    const registration = this.#registration;
    const { world } = this;
    if (!world.isQuiet) {
      if (world.random.chance(0.3)) world.stepInside(this);
      if (world.random.chance(0.003)) throw new Planted('a handler');
    }
    return registration !== undefined && this.#registration === registration;
  }
}
