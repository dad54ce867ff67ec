// The transfers of a channel, and what their errors mean: that nothing can be done now, that the peer
// is gone, or that something is wrong.

import type { Data } from '../system/arguments.ts';
import { SOCK_DGRAM } from '../system/constants.ts';
import { CodedError, DISCONNECTED, NOT_NOW, systemCode } from '../system/errors.ts';
import type { Dispatcher } from './dispatcher.ts';
import { isSocket, type Transport, transportOf } from './transport.ts';

const EMPTY = Buffer.alloc(0);

/** The errors by which a recv() said that there is nothing now. */
const answers = new WeakSet<object>();

/** Whether `error` is the answer of a recv() that there is nothing now: no fault of the channel. */
export function isNothingNow(error: unknown): boolean {
  return typeof error === 'object' && error !== null && answers.has(error);
}

export function send(channel: Dispatcher<Transport>, data: Data): number {
  try {
    return transportOf(channel).send(data);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (NOT_NOW.has(code)) return 0;
    if (!DISCONNECTED.has(code)) throw error;
    channel.handleClose();
    return 0;
  }
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
  if (data.length === 0 && size > 0 && !hasDatagrams(transport)) channel.handleClose();
  return data;
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
  if (count === 0 && view.byteLength > 0 && !hasDatagrams(transport)) channel.handleClose();
  return count;
}

function closeIfGone(channel: Dispatcher<Transport>, error: unknown): void {
  const code = systemCode(error);
  if (code === undefined || !DISCONNECTED.has(code)) {
    if (code !== undefined && NOT_NOW.has(code) && error instanceof Error) answers.add(error);
    throw error;
  }
  channel.handleClose();
}

/** An empty datagram is data, not the end. */
function hasDatagrams(transport: Transport): boolean {
  return isSocket(transport) && transport.type === SOCK_DGRAM;
}
