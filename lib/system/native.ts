// The typed interface of the addon, and the only file that loads it. All calls are synchronous, and
// only wait() with a time blocks. A handle names a descriptor or a poll set that the addon owns; it
// is never 0. A negative result is -errno (errors.ts makes the exception).
import { addonPath, packageFolder, requireFrom } from './addon_file.ts';
import type { AddressInfo, Family, InetAddressInfo, UnixAddressInfo } from './families.ts';
import { loadingError, refuseOldNode, unsupported } from './loading_error.ts';

/** An address as the addon takes it: an IP literal or path, port, IPv6 flow info and scope id. */
type AddressParts = [host: string | Uint8Array, port: number, flow: number, scope: number];

interface Descriptors {
  /** dup(2) of `fd`, for read() and write(). */
  duplicateFile(fd: number): number;
  /** The same for a socket, non-blocking, whose O_NONBLOCK stays as it is; ENOTSOCK if it is none. */
  duplicateSocket(fd: number): number;
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
  /** Whether reads and writes of a file may block; O_NONBLOCK stays as it is. */
  allowBlocking(handle: number, on: boolean): number;
}

interface Files {
  /** open(2), owned, non-blocking; `path` without NUL. */
  openFile(path: string | Uint8Array, flags: number, mode: number): number;
}

/** On the numbers of descriptors, because most terminals were opened by somebody else. */
interface Terminals {
  /** 0 leaves a number as it is (changed_terminals.h). */
  setRaw(
    fd: number,
    baudRate: number,
    dataBits: number,
    parity: number,
    stopBits: number,
    flowControl: number,
    signals: boolean,
  ): number;
  restoreTerminal(fd: number): number;
  /** Has terminals put back before a signal ends the process, where no handler stands in the way. */
  catchEnds(): void;
  /** `sizes` becomes rows, columns, width and height. */
  getWindowSize(fd: number, sizes: number[]): number;
  setWindowSize(fd: number, rows: number, columns: number, width: number, height: number): number;
  terminalPath(fd: number): string | number;
  openpty(): [first: number, second: number] | number;
}

/** Of Linux alone; elsewhere, these are not there. */
interface LinuxDescriptors {
  eventfd(count: number, semaphore: boolean): number;
  timerfd(clock: number): number;
  /** The times that were set before, as of timerfdGettime(). */
  timerfdSettime(handle: number, flags: number, seconds: number, interval: number): [number, number] | number;
  timerfdGettime(handle: number): [left: number, interval: number] | number;
  inotify(): number;
  inotifyAddWatch(handle: number, path: string | Uint8Array, mask: number): number;
  inotifyRmWatch(handle: number, wd: number): number;
  pidfdOpen(pid: number): number;
  pidfdSendSignal(handle: number, signal: number): number;
  /** The exit code, or 0 and the signal; -EAGAIN while it runs, -ESRCH if nobody can say. */
  pidfdEnding(handle: number): [code: number, signal: number] | number;
  /** Until it is closed, every thread of the process blocks the signals, whose numbers these are. */
  signalfd(signals: Uint8Array): number;
  /** Calls the handler of the process that would have been called if the signal had not been read. */
  callHandlerOf(signal: number, code: number): void;
}

interface Sockets {
  socket(family: number, type: number, protocol: number): number;
  bind(handle: number, ...address: AddressParts): number;
  connect(handle: number, ...address: AddressParts): number;
  listen(handle: number, backlog: number): number;
  /** `A` is what the addresses of the socket's family are; the caller knows it. */
  accept<A extends AddressInfo>(handle: number): [handle: number, address: A] | number;
  getsockname<A extends AddressInfo>(handle: number): A | number;
  getpeername<A extends AddressInfo>(handle: number): A | number;
  getsockopt(handle: number, level: number, name: number, value: Uint8Array): number;
  setsockopt(handle: number, level: number, name: number, value: Uint8Array): number;
  shutdown(handle: number, how: number): number;
}

/**
 * Receives into `slab`, or a small piece into `pool`: the number of bytes. `landing` has the numbers
 * that say how and where (receive.ts).
 */
export type Receive = (
  handle: number,
  slab: ArrayBufferLike,
  pool: ArrayBufferLike,
  landing: ArrayBufferLike,
) => number;

interface Messages {
  /**
   * The last views are the bytes of the ancillary items. `record`: flags, whether there is an address,
   * and level and type of each item.
   */
  sendmsg(handle: number, views: Uint8Array[], record: Int32Array, ...address: AddressParts): number;
  /** What comes in all but `handle` and `flags` is told in message.ts. */
  recvmsg(
    handle: number,
    flags: number,
    views: Uint8Array[],
    control: Uint8Array,
    record: Int32Array,
    handles: Float64Array,
    peer: AddressInfo[],
  ): number;
  cmsgSpace(length: number): number;
  cmsgLength(length: number): number;
}

interface Names {
  /** The number of bytes written into `address`. */
  inetPton(family: number, text: string, address: Uint8Array): number;
  inetNtop(family: number, address: Uint8Array): string | number;
  interfaceIndex(name: string): number;
  interfaceName(index: number): string | number;
}

interface Transfers {
  recv: Receive;
  recvInto(handle: number, flags: number, into: Uint8Array): number;
  /** The sender's address becomes the first element of `peer`. */
  recvfrom(...receive: [...Parameters<Receive>, peer: AddressInfo[]]): number;
  /** The sender's address becomes the first element of `peer`. */
  recvfromInto(handle: number, flags: number, into: Uint8Array, peer: AddressInfo[]): number;
  send(handle: number, data: Uint8Array, flags: number): number;
  sendto(handle: number, data: Uint8Array, flags: number, ...address: AddressParts): number;
  read: Receive;
  readInto(handle: number, into: Uint8Array): number;
  write(handle: number, data: Uint8Array): number;
  /** Has the process ignore SIGPIPE, unless somebody handles it. */
  ignoreSigPipe(): void;
}

interface Scans {
  /** Finds `mark` in `size` bytes starting at `from`, including overlapping ones, as far as `positions` has room. */
  findMarks(bytes: Uint8Array, from: number, size: number, mark: Uint8Array, positions: Int32Array): number;
}

declare const brand: unique symbol;
/** Which system call waits: SELECT or POLL. */
export type Backend = number & { readonly [brand]: 'Backend' };

interface PollSets {
  newPollSet(): number;
  closePollSet(set: number): void;
  /** A slot for `fd`, initially out of the set. Events come in the order of `order`. */
  add(set: number, fd: number, order: number): number;
  /** Sets a slot's events as for poll(2); -1 takes it out of the set. */
  setEvents(set: number, slot: number, events: number): void;
  /** Must be called before the descriptor is closed. */
  remove(set: number, slot: number): void;
  /** Parks idle slots while there are at least `from`; Infinity parks none. */
  setParking(set: number, from: number): void;
  /** Waits on this thread and fills `ready` with pairs of slot and revents. Returns the number of pairs or -errno. */
  wait(set: number, backend: Backend, seconds: number, ready: Int32Array): number;
  /** Makes a thread wait and then take a turn, unless one is already waiting for everything wanted. */
  arm(set: number, backend: Backend, seconds: number): number;
  /** Whether a thread is waiting for everything wanted. */
  armed(set: number): number;
  /** Has this thread itself wait when it would sleep next (1); 0 if it cannot. */
  armInline(set: number, backend: Backend, seconds: number, spin: boolean): number;
  /** What that wait has found, as wait() returns it. */
  slept(set: number, ready: Int32Array): number;
  disarm(set: number): void;
}

interface Turns {
  /**
   * Calls `turn` before the process sleeps (1), and `woke` after a sleep of the thread itself where that
   * is possible (2); both return what is to follow, as Next in native/reactor/turn.h. Without libuv (0),
   * `turn` is called when a wait is over.
   */
  connectTurn(turn: () => number, woke: () => number, underNode: boolean): number;
  /** While started, the function is called, and what a sleep needs is kept. */
  startTurn(): void;
  /** Whether the process stays alive for it, while started. */
  keepAlive(on: boolean): void;
  stopTurn(): void;
  stayAwake(on: boolean): void;
  /** Seconds on the monotonic clock. */
  now(): number;
}

type Native = Descriptors &
  Files &
  Terminals &
  LinuxDescriptors &
  Sockets &
  Messages &
  Names &
  Transfers &
  Scans &
  PollSets &
  Turns;

/** On Windows the library can be imported, so that a program for all systems can depend on it. */
const isUnsupported = process.platform === 'win32';

function load(): unknown {
  refuseOldNode();
  if (isUnsupported) return {};
  try {
    const path = addonPath();
    return requireFrom(path)(path);
  } catch (cause) {
    throw loadingError(packageFolder(), cause);
  }
}

const addon = load();

/** A copy, because an engine finds properties faster in an object literal than in the addon's exports. */
export const native: Native = isUnsupported ? refusing() : { ...(addon as Native) };

/** Every function of the addon, where there is none. */
function refusing(): Native {
  const refuse = () => {
    throw unsupported();
  };
  return new Proxy({} as Native, { get: () => refuse });
}

/** The one object of that name for all copies of this library that share the addon in this environment. */
export function shared<T>(name: string, make: () => T): T {
  const holder = addon as Record<string, T>;
  holder[name] ??= make();
  return holder[name];
}

/** A constant of the system's or the addon's, by its name; NaN where this system does not have it. */
export function constant(name: 'AF_INET' | 'AF_INET6'): Family<InetAddressInfo>;
export function constant(name: 'AF_UNIX'): Family<UnixAddressInfo>;
export function constant(name: string): number;
export function constant(name: string): number {
  // On Windows an integer, so that a call comes as far as saying why it cannot be made.
  return (addon as Record<string, number>)[name] ?? (isUnsupported ? 0 : Number.NaN);
}

export const SELECT = constant('SELECT') as Backend;
export const POLL = constant('POLL') as Backend;

/** The name of the system call that waits. */
export function nameOfBackend(backend: Backend): 'select' | 'poll' {
  return backend === POLL ? 'poll' : 'select';
}
