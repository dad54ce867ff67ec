// The typed interface to the addon, and the only file that loads it. All calls are synchronous, and
// only wait() with a timeout blocks. A handle identifies a descriptor or poll set that the addon
// owns; 0 is never a handle. A negative result is -errno, which errors.ts turns into an exception.
import { resolve } from 'node:path';
import nodeGypBuild from 'node-gyp-build';

/** An address as the addon takes it: an IP literal or path, port, IPv6 flow info and scope id. */
type AddressParts = [host: string, port: number, flow: number, scope: number];
/** An address as the addon returns it. */
export type NativeAddress =
  | [host: string, port: number]
  | [host: string, port: number, flow: number, scope: number]
  | string;

interface Descriptors {
  /** dup(2) of `fd`, for read() and write(). */
  duplicateFile(fd: number): number;
  /** Takes ownership of `fd` after checking that it is a socket. */
  adoptSocket(fd: number): number;
  pipe(): [read: number, write: number] | number;
  socketpair(family: number, type: number): [number, number] | number;
  fileno(handle: number): number;
  /** When this returns, no thread is waiting on the descriptor any more. */
  close(handle: number): number;
  /** Releases the descriptor without closing it and returns its number. */
  detach(handle: number): number;
  setBlocking(handle: number, on: boolean): number;
  getBlocking(handle: number): number;
  /** Sets O_NONBLOCK until the descriptor is closed or the process ends. */
  borrowNonBlocking(handle: number): number;
  /** Undoes every borrowNonBlocking(). */
  putBlockingBack(): void;
}

interface Sockets {
  socket(family: number, type: number, protocol: number): number;
  bind(handle: number, ...address: AddressParts): number;
  connect(handle: number, ...address: AddressParts): number;
  listen(handle: number, backlog: number): number;
  accept(handle: number): [handle: number, address: NativeAddress] | number;
  getsockname(handle: number): NativeAddress | number;
  getpeername(handle: number): NativeAddress | number;
  getsockopt(handle: number, level: number, name: number, value: Uint8Array): number;
  setsockopt(handle: number, level: number, name: number, value: Uint8Array): number;
  shutdown(handle: number, how: number): number;
}

/** Where received bytes land: receive.ts. */
type Landing = [
  slab: ArrayBufferLike,
  offset: number,
  size: number,
  pool: ArrayBufferLike,
  place: number,
  least: number,
];

interface Transfers {
  /** Pieces of fewer than `least` bytes are copied to their place in `pool`. */
  recv(handle: number, flags: number, ...landing: Landing): number;
  recvInto(handle: number, flags: number, into: Uint8Array): number;
  recvfrom(handle: number, flags: number, ...landing: Landing): [bytes: number, address: NativeAddress] | number;
  send(handle: number, data: Uint8Array, flags: number): number;
  sendto(handle: number, data: Uint8Array, flags: number, ...address: AddressParts): number;
  read(handle: number, ...landing: Landing): number;
  readInto(handle: number, into: Uint8Array): number;
  write(handle: number, data: Uint8Array): number;
  /** Makes the process ignore SIGPIPE unless it has a handler. */
  ignoreSigPipe(): void;
}

interface Scans {
  /** Finds `mark` in `size` bytes starting at `from`, including overlapping ones, as far as `positions` has room. */
  findMarks(bytes: Uint8Array, from: number, size: number, mark: Uint8Array, positions: Int32Array): number;
}

/** Which system call to wait with. */
export const SELECT = 0;
export const POLL = 1;
export type Backend = typeof SELECT | typeof POLL;

interface PollSets {
  newPollSet(): number;
  closePollSet(set: number): void;
  /** A slot for `fd`, initially out of the set. Events come in the order of `order`. */
  add(set: number, fd: number, order: number): number;
  /** Sets a slot's events as for poll(2); -1 takes it out of the set. */
  setEvents(set: number, slot: number, events: number): void;
  /** Must be called before the descriptor is closed. */
  remove(set: number, slot: number): void;
  /** Parks idle slots once there are at least `from` slots; Infinity parks none. */
  setParking(set: number, from: number): void;
  /** Waits on this thread and fills `ready` with pairs of slot and revents. Returns the number of pairs or -errno. */
  wait(set: number, backend: Backend, seconds: number, ready: Int32Array): number;
  /** Makes a thread wait and then take a turn, unless one is already waiting for everything wanted. */
  arm(set: number, backend: Backend, seconds: number): number;
  /** Whether a thread is waiting for everything wanted. */
  armed(set: number): number;
  disarm(set: number): void;
}

interface Turns {
  /**
   * Calls `turn` when a wait is over and, with `beforeSleep`, before the process sleeps, and then
   * again if it returns true. Returns 1 if calls before sleeping are available, else 0.
   */
  connectTurn(turn: () => boolean, beforeSleep: boolean): number;
  /** While started, the process stays alive. */
  startTurn(): number;
  stopTurn(): void;
  stayAwake(on: boolean): void;
}

export type Native = Descriptors & Sockets & Transfers & Scans & PollSets & Turns;

function load(): unknown {
  const root = resolve(import.meta.dirname, '../..');
  try {
    return nodeGypBuild(root);
  } catch (cause) {
    const { platform, arch, version } = process;
    throw new Error(
      `asyncore: no addon for ${platform}-${arch} (Node ${version}). Tried build/Release and prebuilds ` +
        `in ${root}. Build it there: in a checkout with "npm run build:native" (which needs Python 3, make and a C++17 ` +
        'compiler), in an installed package with "npm install --no-save cmake-js node-addon-api" and "npx cmake-js compile".',
      { cause },
    );
  }
}

const addon = load();
export const native = addon as Native;

/** A system constant by its C name; NaN if this system does not have it. */
export function constant(name: string): number {
  return (addon as Record<string, number>)[name] ?? Number.NaN;
}
