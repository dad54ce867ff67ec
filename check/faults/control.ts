// The JavaScript side of shim.c: tells it which call to fail, and reads what became of it, through
// the file that both map.
import { ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** The calls that can be failed, in the order of shim.c's enum. */
export const CALLS = [
  'socket',
  'socketpair',
  'bind',
  'listen',
  'accept4',
  'connect',
  'getsockopt',
  'setsockopt',
  'getsockname',
  'getpeername',
  'fcntl',
  'dup',
  'pipe2',
  'eventfd',
  'epoll_create1',
  'epoll_ctl',
  'epoll_wait',
  'poll',
  'select',
  'recv',
  'send',
  'recvfrom',
  'sendto',
  'recvmsg',
  'sendmsg',
  'read',
  'write',
  'shutdown',
  'close',
  'pthread_create',
] as const;
export type CallName = (typeof CALLS)[number];

/** Every call that moves a stream's bytes at once. */
export const ALL_THAT_MOVE = 'recv, send, read and write';

export interface Order {
  call: CallName | typeof ALL_THAT_MOVE;
  /** Which of the calls fail, counted from 1. */
  first: number;
  last: number;
  /** With which errno; 0 moves one byte instead. */
  errno: number;
}

const AT_INJECTED = 16;
const AT_COUNTS = 20;
const SIZE = AT_COUNTS + 4 * CALLS.length;
/** Behind what the shim knows: where the child is, for whoever watches it. */
const AT_PLACE = 256;
export const FOR_EVER = 2 ** 32 - 1;

export class Control {
  readonly #fd: number;

  constructor(path: string, flags: 'r+' | 'w+') {
    this.#fd = openSync(path, flags);
    if (flags === 'w+') ftruncateSync(this.#fd, 4096);
  }

  /** Begins to count anew and to fail what the order says; without one, nothing. */
  arm(order?: Order): void {
    const bytes = Buffer.alloc(SIZE);
    const call = order === undefined ? -1 : order.call === ALL_THAT_MOVE ? -2 : CALLS.indexOf(order.call);
    bytes.writeInt32LE(call, 0);
    bytes.writeUInt32LE(order?.first ?? 0, 4);
    bytes.writeUInt32LE(order?.last ?? 0, 8);
    bytes.writeInt32LE(order?.errno ?? 0, 12);
    writeSync(this.#fd, bytes, 0, SIZE, 0);
  }

  /** Stops failing; what was counted stays. */
  disarm(): void {
    const none = Buffer.alloc(4);
    none.writeInt32LE(-1);
    writeSync(this.#fd, none, 0, 4, 0);
  }

  /** How many calls were failed since arm(). */
  injected(): number {
    return this.#read(AT_INJECTED, 4).readUInt32LE();
  }

  /** How many calls were made since arm(), by name. */
  counts(): Map<CallName, number> {
    const bytes = this.#read(AT_COUNTS, 4 * CALLS.length);
    return new Map(CALLS.map((name, i) => [name, bytes.readUInt32LE(4 * i)]));
  }

  /** Notes where the child is: the number of its series, the case in it, and the case in words. */
  note(series: number, index: number, words: string): void {
    const bytes = Buffer.alloc(4096 - AT_PLACE);
    bytes.writeUInt32LE(series, 0);
    bytes.writeUInt32LE(index, 4);
    bytes.write(words, 8);
    writeSync(this.#fd, bytes, 0, bytes.length, AT_PLACE);
  }

  noted(): { series: number; index: number; words: string } {
    const bytes = this.#read(AT_PLACE, 4096 - AT_PLACE);
    const end = bytes.indexOf(0, 8);
    return { series: bytes.readUInt32LE(0), index: bytes.readUInt32LE(4), words: bytes.toString('utf8', 8, end) };
  }

  #read(at: number, size: number): Buffer {
    const bytes = Buffer.alloc(size);
    readSync(this.#fd, bytes, 0, size, at);
    return bytes;
  }
}
