// A channel's transfers, and what their errors mean: nothing can be done now, the peer is gone, or
// something is wrong.
import { recvLent as recvLentBy, Socket } from '../descriptors/socket.ts';
import { isThenable } from '../reactor/guard.ts';
import { timed } from '../reactor/interest.ts';
import { callClosing, report } from '../reactor/outside.ts';
import type { Data } from '../system/arguments.ts';
import { CodedError, isDisconnect, NOT_NOW, systemCode } from '../system/errors.ts';
import type { Dispatcher } from './dispatcher.ts';
import { receiveEnd } from './half_close.ts';
import { hasDatagrams, type Transport, transportOf } from './transport.ts';
import { listenAgain } from './urgent.ts';

const EMPTY = Buffer.alloc(0);

/** The errors with which a recv() reported that there is nothing to read now. */
const answers = new WeakSet<object>();

/** How many sends the system has refused. One that took 0 bytes may also have sent an empty message. */
let refusals = 0;

/**
 * `handleRead()` of the channel. That there was nothing is no fault of the channel: Linux may say that
 * there is input, and then there is none.
 */
export function handleRead(channel: Dispatcher<Transport>): unknown {
  try {
    const result = channel.handleRead();
    return isThenable(result) ? passedOver(result) : result;
  } catch (error) {
    return passOver(error);
  }
}

async function passedOver(result: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await result;
  } catch (error) {
    return passOver(error);
  }
}

function passOver(error: unknown): undefined {
  if (typeof error !== 'object' || error === null || !answers.has(error)) throw error;
}

export function send(channel: Dispatcher<Transport>, data: Data): number {
  try {
    const sent = transportOf(channel).send(data);
    if (sent > 0) channel[timed]?.moved('write');
    return sent;
  } catch (error) {
    return refused(channel, error);
  }
}

/** What it means that nothing was sent: the system takes none now, the peer is gone, or something is wrong. */
export function refused(channel: Dispatcher<Transport>, error: unknown): number {
  const code = systemCode(error);
  if (code === undefined) throw error;
  if (!NOT_NOW.has(code)) {
    if (!isDisconnect(error)) throw error;
    callClosing(channel);
  }
  // Last: a handler may have sent something else.
  refusals++;
  return 0;
}

/**
 * Sends the first message of a queue with `send`, and calls `drop` when it is to leave the queue; whether
 * the next one may follow. What the system refuses goes to handleError(), and leaves the queue as well:
 * a message that is too long, for example, would be refused for ever.
 */
export function sendMessage(
  channel: Dispatcher<Transport>,
  message: Uint8Array,
  send: (message: Uint8Array) => number,
  drop: () => void,
): boolean {
  const before = refusals;
  let sent: number;
  try {
    sent = send(message);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    // This one says that an earlier message did not arrive.
    if (code !== 'ECONNREFUSED') drop();
    report(channel, error);
    return false;
  }
  if (sent === 0 && (message.length > 0 || refusals !== before)) return false;
  drop();
  return true;
}

export function recv(channel: Dispatcher<Transport>, size: number): Buffer {
  const transport = transportOf(channel);
  let data: Buffer;
  try {
    data = transport.recv(size);
  } catch (error) {
    closeIfGone(channel, error);
    return EMPTY;
  }
  note(channel, transport, size, data.length);
  return data;
}

const { recv: recvOfSocket } = Socket.prototype;

/** The same, in memory that is lent until giveBack() if the transport's recv() is the library's own. */
export function recvLent(channel: Dispatcher<Transport>, size: number): Buffer {
  const transport = transportOf(channel);
  if (!(transport instanceof Socket) || transport.recv !== recvOfSocket) return recv(channel, size);
  return received(channel, transport, size, () => recvLentBy(transport, size), lengthOf) ?? EMPTY;
}

function lengthOf({ length }: Buffer): number {
  return length;
}

export function recvInto(channel: Dispatcher<Transport>, view: ArrayBufferView): number {
  const transport = transportOf(channel);
  if (transport.recvInto === undefined) {
    throw new CodedError('ERR_METHOD_NOT_IMPLEMENTED', 'The socket has no recvInto method');
  }
  let count: number;
  try {
    count = transport.recvInto(view);
  } catch (error) {
    closeIfGone(channel, error);
    return 0;
  }
  note(channel, transport, view.byteLength, count);
  return count;
}

/** The same around another call that receives up to `size` bytes; undefined if the peer is gone. */
export function received<T>(
  channel: Dispatcher<Transport>,
  transport: Transport,
  size: number,
  call: () => T,
  lengthOf: (result: T) => number,
): T | undefined {
  let result: T;
  try {
    result = call();
  } catch (error) {
    closeIfGone(channel, error);
    return undefined;
  }
  note(channel, transport, size, lengthOf(result));
  return result;
}

/** That `count` of up to `size` bytes were received: none are the end of a stream. */
function note(channel: Dispatcher<Transport>, transport: Transport, size: number, count: number): void {
  listenAgain(channel);
  if (count > 0) channel[timed]?.moved('read');
  else if (size > 0 && !hasDatagrams(transport)) receiveEnd(channel);
}

function closeIfGone(channel: Dispatcher<Transport>, error: unknown): void {
  const code = systemCode(error);
  if (!isDisconnect(error)) {
    if (code !== undefined && NOT_NOW.has(code) && typeof error === 'object' && error !== null) answers.add(error);
    throw error;
  }
  callClosing(channel);
}
