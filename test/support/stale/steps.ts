// The random steps: what users do to channels, and to descriptors behind the library's back, from
// wherever they may do it.
import { closeSync } from 'node:fs';
import { Dispatcher, FileWrapper } from '../../../lib/index.ts';
import { SHUT_WR, Socket } from '../../../lib/socket.ts';
import { Half } from './half.ts';
import { sit } from './kinds.ts';
import { attempt } from './object_body.ts';
import { Seat } from './seat.ts';
import type { World } from './world.ts';

type Step = (world: World, self: Seat | undefined) => void;

/** The channel whose handler runs, at times; else any. */
function someSeat(world: World, self: Seat | undefined): Seat | undefined {
  if (self?.isRegistered && world.random.chance(0.3)) return self;
  return world.random.pick(world.seats);
}

const open: Step = (world) => {
  if (world.held !== undefined || world.map.size > 2 * world.target) return;
  if (world.random.chance(0.85)) world.openPair();
  else world.openPipe();
};

const close: Step = (world, self) => {
  const seat = someSeat(world, self);
  if (seat === undefined || world.map.size <= world.target / 2) return;
  const { half } = seat;
  seat.channel.close();
  if (half !== undefined && !half.isKilled) checkEnd(world, half);
};

/** The peer of what was closed sees the end at once, even if a thread was waiting on it. */
function checkEnd(world: World, { sock, peer }: Half): void {
  // A pipe's end cannot be looked for without taking what is there.
  if (sock instanceof Socket && peer?.isOpen && !peer.hasInput()) world.fail('a peer does not see the end');
}

/** Closed, and a new channel at once: the number is the same. */
const closeAndOpen: Step = (world, self) => {
  const seat = someSeat(world, self);
  seat?.channel.close();
  if (world.held === undefined) world.openPair();
};

const reopen: Step = (world, self) => {
  const seat = someSeat(world, self);
  if (seat === undefined || seat.kind === 'file') return;
  seat.channel.close();
  world.reopen(seat);
};

const send: Step = (world, self) => {
  const seat = someSeat(world, self);
  const { half } = seat ?? {};
  if (seat === undefined || half === undefined || seat.isClosing || seat.body.waiting() > 200_000) return;
  if (seat.isAsked && world.random.chance(0.5)) seat.wantsWrite = true;
  else seat.body.send(half, world.size());
};

const sendRaw: Step = (world) => {
  const half = world.random.pick(world.raws);
  const { outgoing } = half ?? {};
  if (half === undefined || outgoing === undefined) return;
  outgoing.give(attempt(() => half.sock.send(outgoing.next(world.size()))));
};

const receiveRaw: Step = (world) => {
  const half = world.random.pick(world.raws);
  if (half?.incoming !== undefined) drain(world, half, world.size());
};

/** Receives once: whether there was something. */
export function drain(world: World, half: Half, size: number): boolean {
  let data: Buffer;
  try {
    data = half.sock.recv(size);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
    world.closeRaw(half);
    return false;
  }
  if (data.length === 0) {
    if (half.peer?.hasEnded !== true) world.fail('an end of stream though the peer is there');
    world.closeRaw(half);
    return false;
  }
  if (half.incoming?.take(data) !== true) world.fail('an end without a channel received bytes that are not its own');
  return true;
}

const closeRaw: Step = (world) => {
  const half = world.random.pick(world.raws);
  if (half !== undefined) world.closeRaw(half);
};

/** The peer hears the end, and nothing else of it. */
const shut: Step = (world) => {
  const half = world.random.pick(world.raws);
  if (!(half?.sock instanceof Socket) || half.hasEnded) return;
  half.hasEnded = true;
  attempt(() => Number(half.sock instanceof Socket && half.sock.shutdown(SHUT_WR)));
};

const leave: Step = (world, self) => {
  const seat = someSeat(world, self);
  if (seat !== undefined && seat.kind !== 'file' && seat.half?.isKilled !== true) world.leave(seat);
};

const comeBack: Step = (world) => {
  const seat = world.random.pick(world.away);
  if (seat !== undefined) bringBack(world, seat);
};

export function bringBack(world: World, seat: Seat): void {
  world.away = world.away.filter((each) => each !== seat);
  if (seat.half !== undefined) seat.body.enter(seat.half);
}

const leaveAndComeBack: Step = (world, self) => {
  const seat = someSeat(world, self);
  if (seat === undefined || seat.kind === 'file' || seat.half?.isKilled === true) return;
  world.leave(seat);
  bringBack(world, seat);
};

/** Another object in the place of a channel, around its socket. The channel itself is dropped. */
const replace: Step = (world, self) => {
  const seat = someSeat(world, self);
  const { half } = seat ?? {};
  if (seat === undefined || half === undefined || half.isKilled || seat.body.waiting() > 0) return;
  const other = new Seat(world, 'object', true);
  sit(other, half, world.map);
  world.displaced = world.displaced.filter((each) => each !== seat);
  seat.half = undefined;
};

/** Closes a descriptor without its channel, in one of the ways that there are. */
const kill: Step = (world, self) => {
  const seat = someSeat(world, self);
  const { half } = seat ?? {};
  if (seat === undefined || half === undefined || half.isKilled || world.held !== undefined) return;
  const { sock, fd } = half;
  half.isKilled = true;
  const way = world.random.below(4);
  if (way === 0 && sock instanceof Socket) {
    // A duplicate keeps the open file, and epoll's entry for it, under a number that is free.
    const file = new FileWrapper(fd);
    world.kept.push({ file, half: new Half(world.ledger, file), of: half });
    half.gone(true);
    closeSync(sock.detach());
    // Whoever takes the number now, and sleeps, is not to be woken by what comes for the duplicate.
    world.openPair();
    world.rest = 30;
    world.ghost = half;
  } else if (way === 1 && sock instanceof Socket) {
    half.gone();
    closeSync(sock.detach());
  } else if (way === 2) {
    half.gone();
    closeSync(fd);
    world.held = { seat, half, since: world.consults };
  } else {
    half.gone();
    sock.close();
  }
};

/** Something comes for a descriptor that lives on as a duplicate only. */
export function rouse(world: World): void {
  const peer = world.ghost?.peer;
  const { outgoing } = peer ?? {};
  world.ghost = undefined;
  if (!peer?.isOpen || outgoing === undefined || !world.raws.includes(peer)) return;
  outgoing.give(attempt(() => peer.sock.send(outgoing.next(5))));
}

export function closeKept(world: World): void {
  const kept = world.kept.shift();
  if (kept === undefined) return;
  kept.of.hasEnded = true;
  kept.half.gone();
  kept.file.close();
}

/** A channel whose number is another's by now is closed: the other one must not notice. */
export function closeDisplaced(world: World): void {
  const seat = world.displaced.shift();
  if (seat === undefined) return;
  const fd = seat.channel instanceof Dispatcher ? seat.channel.fileno() : -1;
  const there = world.map.get(fd);
  seat.channel.close();
  if (world.map.get(fd) !== there)
    world.fail(`close() of a channel whose number ${fd} was another's took that one out`);
}

const STEPS: readonly [[number, Step], ...[number, Step][]] = [
  [8, open],
  [8, close],
  [6, closeAndOpen],
  [6, reopen],
  [20, send],
  [14, sendRaw],
  [4, receiveRaw],
  [5, closeRaw],
  [2, shut],
  [3, leave],
  [4, comeBack],
  [3, leaveAndComeBack],
  [2, replace],
  [3, kill],
  [2, closeKept],
  [2, closeDisplaced],
];

/** Takes one step. */
export function step(world: World, self: Seat | undefined): void {
  world.steps++;
  world.random.weighted(...STEPS)(world, self);
}
