// A channel's datagrams and messages. Unlike on a stream, what one destination refuses says nothing of the
// channel: it is thrown, and never closes it.
import type { Address, AddressInfo } from '../descriptors/address.ts';
import type { Ancillary } from '../descriptors/message.ts';
import { timed } from '../reactor/interest.ts';
import type { Data } from '../system/arguments.ts';
import { NOT_NOW, systemCode } from '../system/errors.ts';
import type { Dispatcher } from './dispatcher.ts';
import { received, refused } from './transfer.ts';
import { type ReceivedMessage, socketOf, type Transport } from './transport.ts';

export function sendto(channel: Dispatcher<Transport>, data: Data, address: Address): number {
  const transport = socketOf(channel, 'sendto');
  try {
    const sent = transport.sendto(data, address);
    channel[timed]?.moved('write');
    return sent;
  } catch (error) {
    return notNow(error);
  }
}

function notNow(error: unknown): number {
  const code = systemCode(error);
  if (code === undefined || !NOT_NOW.has(code)) throw error;
  return 0;
}

export function recvfrom(channel: Dispatcher<Transport>, size: number): [Buffer, AddressInfo] {
  const transport = socketOf(channel, 'recvfrom');
  const call = () => transport.recvfrom(size);
  return received(channel, transport, size, call, ([data]) => data.length) ?? [Buffer.alloc(0), ''];
}

export function recvfromInto(channel: Dispatcher<Transport>, view: ArrayBufferView): [number, AddressInfo] {
  const transport = socketOf(channel, 'recvfromInto');
  const call = () => transport.recvfromInto(view);
  return received(channel, transport, view.byteLength, call, ([count]) => count) ?? [0, ''];
}

export function sendmsg(
  channel: Dispatcher<Transport>,
  buffers: readonly Data[],
  ancillary: readonly Ancillary[],
  flags: number,
  address: Address | null | undefined,
): number {
  const transport = socketOf(channel, 'sendmsg');
  try {
    const sent = transport.sendmsg(buffers, ancillary, flags, address);
    channel[timed]?.moved('write');
    return sent;
  } catch (error) {
    return address === undefined || address === null ? refused(channel, error) : notNow(error);
  }
}

export function recvmsg(
  channel: Dispatcher<Transport>,
  size: number,
  ancillarySize: number,
  flags: number,
): ReceivedMessage {
  const transport = socketOf(channel, 'recvmsg');
  const call = () => transport.recvmsg(size, ancillarySize, flags);
  return received(channel, transport, size, call, ([data]) => data.length) ?? [Buffer.alloc(0), [], 0, ''];
}
