// The channel that makes things happen: it is ready in most passes, takes the random steps, and from
// time to time has everything come to its end, which is then compared with what it should be.
import { type Channel, ExitNow } from '../../../lib/index.ts';
import { AF_UNIX, Socket, socketpair } from '../../../lib/socket.ts';
import { Listener } from '../echo.ts';
import { Half } from './half.ts';
import { attempt } from './object_body.ts';
import { bringBack, closeDisplaced, closeKept, drain, rouse, step } from './steps.ts';
import { Stream } from './stream.ts';
import { sleepers, type World } from './world.ts';

/** Steps between two ends. */
const ROUND = 1500;
/** Passes and milliseconds in which everything must come to its end. */
const MOST_PASSES = 3000;
const LONGEST = 10_000;
/** Passes in which a channel must be told that its descriptor was closed. */
const PASSES_TO_TELL = 8;

/** Accepts what the steps connect. */
class Door extends Listener {
  readonly #world: World;
  /** Who has asked, in order. */
  readonly asking: Half[] = [];

  constructor(world: World, name: string) {
    const serve = (sock: Socket) => {
      world.events++;
      world.accepted(sock, this.asking.shift());
    };
    super(name, serve, 64, world.map);
    this.#world = world;
    world.ledger.enter(this.fileno());
  }

  override handleAccept() {
    // A connection would take the number that must stay free.
    if (this.#world.held === undefined) super.handleAccept();
  }

  override handleError(error: unknown) {
    this.#world.fail(`the listener's handleError: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

export interface Plan {
  readonly steps: number;
  readonly isSync: boolean;
  readonly parks: boolean;
  report(steps: number): void;
}

export class Driver implements Channel {
  accepting = false;
  readonly #world: World;
  readonly #plan: Plan;
  readonly #socks = socketpair();
  readonly #listener: Door;
  /** Until when it does not ask to be served. */
  #isAsleep = false;
  #roundAt = ROUND;
  #passes = 0;
  #quietSince = 0;
  /** The most that had slept in epoll at the end of a round. */
  mostParked = 0;
  isDone = false;

  constructor(world: World, plan: Plan, name: string) {
    this.#world = world;
    this.#plan = plan;
    for (const sock of this.#socks) world.ledger.enter(sock.fileno());
    this.#socks[1].send('!');
    world.map.set(this.#socks[0].fileno(), this);
    this.#listener = new Door(world, name);
    world.step = (self) => this.#step(self);
  }

  #step(self: Parameters<World['step']>[0]): void {
    const world = this.#world;
    if (world.isQuiet || this.isDone) return;
    if (world.random.chance(0.02)) this.#connect();
    else step(world, self);
  }

  #connect(): void {
    const world = this.#world;
    world.steps++;
    if (world.held !== undefined || this.#listener.asking.length > 32) return;
    const sock = new Socket(AF_UNIX);
    const half = new Half(world.ledger, sock, new Stream(), new Stream());
    const error = sock.connectEx(this.#listener.address);
    if (error !== 0) {
      half.gone();
      sock.close();
      return;
    }
    this.#listener.asking.push(half);
    world.place(half, world.random.pick(['own', 'send', 'object', 'raw'] as const));
  }

  readable(): boolean {
    const world = this.#world;
    world.consults++;
    if (this.#isAsleep && this.#plan.isSync) this.#isAsleep = false;
    else if (!this.#isAsleep && world.random.chance(this.#plan.isSync ? 0.03 : 0.06)) this.#sleep();
    if (world.random.chance(0.05)) this.#step(undefined);
    return !this.#isAsleep;
  }

  writable(): boolean {
    return false;
  }

  /** The loop goes to sleep, or at least may; other JavaScript wakes it, if it can run. */
  #sleep(): void {
    const world = this.#world;
    this.#isAsleep = true;
    if (this.#plan.isSync) return;
    const wake = () => {
      this.#isAsleep = false;
      // While a thread waits on the descriptors.
      for (let left = world.random.below(6); left > 0; left--) this.#step(undefined);
    };
    world.random.weighted<() => unknown>(
      [2, () => setTimeout(wake, 1)],
      [1, () => setImmediate(wake)],
      [1, () => setTimeout(() => Promise.resolve().then(wake))],
    )();
  }

  handleReadEvent(): void {
    const world = this.#world;
    this.#passes++;
    this.#checkHeld();
    if (world.failure !== undefined) throw new ExitNow('failed');
    if (world.isQuiet) this.#endRound();
    else if (world.steps >= this.#roundAt || world.steps >= this.#plan.steps) this.#beginEnd();
    else this.#act();
  }

  #act(): void {
    const world = this.#world;
    const { random } = world;
    if (--world.rest === 3) rouse(world);
    if (world.rest > 0) return;
    const most = random.chance(0.1) ? 40 : 6;
    for (let left = random.below(most); left > 0; left--) this.#step(undefined);
    // At times there is nothing but waiting, so that channels are parked.
    if (random.chance(0.02)) world.rest = 20 + random.below(100);
    // And the loop is left, with everything as it is, and begun again: it may open a descriptor then.
    if (random.chance(0.01) && world.held === undefined) throw new ExitNow('for a while');
  }

  /** Whoever's descriptor was closed must be told. */
  #checkHeld(): void {
    const world = this.#world;
    const { held } = world;
    if (held === undefined) return;
    const { seat, half, since } = held;
    if (seat.half !== half) {
      world.held = undefined;
      return;
    }
    if (world.consults - since < PASSES_TO_TELL) return;
    // A parked descriptor is gone from epoll without a word: that is found out when it is used.
    if (!this.#plan.parks && !seat.isAsked && !half.isReactors)
      world.fail('a channel was not told that its descriptor is not open');
    world.held = undefined;
    seat.channel.close();
  }

  #beginEnd(): void {
    const world = this.#world;
    world.isQuiet = true;
    this.#passes = 0;
    this.#quietSince = performance.now();
    this.#plan.report(world.steps);
    const forgotten = sleepers().filter((fd) => !world.map.has(fd) && !world.kept.some(({ of }) => of.fd === fd));
    if (forgotten.length > 0) world.fail(`epoll still has ${forgotten.join(', ')}`);
    for (const seat of [...world.away]) bringBack(world, seat);
    while (world.displaced.length > 0) closeDisplaced(world);
    while (world.kept.length > 0) closeKept(world);
  }

  #endRound(): void {
    const world = this.#world;
    const left = this.#unfinished();
    const tooLong = this.#passes > MOST_PASSES || performance.now() - this.#quietSince > LONGEST;
    if (left !== '' && !tooLong) return;
    this.mostParked = Math.max(this.mostParked, sleepers().length);
    const wrong = left || world.compareMap(new Set([this, this.#listener])) || world.compareDescriptors();
    if (wrong !== '') world.fail(`after ${this.#passes} quiet passes: ${wrong}`);
    world.isQuiet = false;
    world.target = 4 + world.random.below(world.random.chance(0.2) ? 120 : 30);
    this.#roundAt = world.steps + ROUND;
    if (world.steps < this.#plan.steps && world.failure === undefined) return;
    this.isDone = true;
    throw new ExitNow('done');
  }

  /** Who has not been served, or told, yet; '' when all have. */
  #unfinished(): string {
    const world = this.#world;
    for (const half of [...world.raws]) {
      while (half.isOpen && half.incoming !== undefined && drain(world, half, 65536)) {
        // Until there is no more.
      }
    }
    if (this.#listener.asking.length > 0) return 'a connection that was not accepted';
    for (const seat of world.seats) {
      const { half } = seat;
      if (half === undefined) continue;
      const name = `${seat.kind} channel on ${half.fd}`;
      if (half.isKilled) {
        // Told only if its number is not another's now, and if it is not parked.
        if (world.ledger.has(half.fd) || this.#plan.parks || half.isReactors) seat.channel.close();
        return `${name}, whose descriptor is not open, was not told`;
      }
      if (half.incoming?.isComplete === false) return `${name} did not receive all`;
      if (half.peer?.hasEnded) return `${name} did not hear the end`;
      if (half.outgoing !== undefined && seat.body.waiting() > 0) return `${name} did not send all`;
    }
    for (const half of world.raws) {
      if (half.incoming?.isComplete === false) return `an end on ${half.fd} did not receive all`;
    }
    return '';
  }

  handleWriteEvent(): void {}
  handleExptEvent(): void {}

  handleClose(): void {
    this.#world.fail('the driver was closed');
  }

  handleError(error: unknown): void {
    this.#world.fail(`the driver's handleError: ${error instanceof Error ? error.stack : String(error)}`);
    throw new ExitNow('failed');
  }

  /** Closes everything: what is left open after that, if anything. */
  close(): string {
    const world = this.#world;
    for (const seat of world.seats) seat.channel.close();
    for (const half of [...world.raws]) world.closeRaw(half);
    world.ledger.leave(this.#listener.fileno());
    this.#listener.close();
    for (const sock of this.#socks) {
      world.ledger.leave(sock.fileno());
      world.map.delete(sock.fileno());
      attempt(() => Number(sock.close()));
    }
    return world.compareMap(new Set()) || world.compareDescriptors();
  }
}
