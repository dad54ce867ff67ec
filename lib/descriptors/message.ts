// Messages with their ancillary data: what sendmsg(2) is given, and what recvmsg(2) brings. A received
// descriptor has an owner before anybody sees it, and is closed if none can be made.
import { Buffer } from 'node:buffer';
import { bytesOf, type Data, integer } from '../system/arguments.ts';
import { SCM_RIGHTS, SOL_SOCKET } from '../system/constants.ts';
import { invalidType, invalidValue, systemError } from '../system/errors.ts';
import { type FileLike, fdOf } from '../system/file_like.ts';
import { native } from '../system/native.ts';
import { progress } from '../system/progress.ts';
import { type Address, type AddressInfo, addressParts } from './address.ts';

const INT_MIN = -(2 ** 31);
/** Bytes. More than any system lets a message have. */
const MOST_ANCILLARY = 1 << 20;

const NO_ADDRESS: ReturnType<typeof addressParts> = ['', 0, 0, 0];

/** The record that the addon fills: the flags, the number of items, and each item. */
const FLAGS = 0;
const COUNT = 1;
const FIRST_ITEM = 2;
/** An item: level, type, where and how much (bytes or descriptors), and whether it has descriptors. */
const ITEM = 5;

/**
 * A piece of ancillary data to send: level, type, and its bytes. For `SCM_RIGHTS` an array of
 * descriptors may stand for the bytes.
 */
export type Ancillary = readonly [level: number, type: number, data: Data | readonly FileLike[]];

/** A piece of ancillary data that was received; where it has descriptors, their owners. */
export type ReceivedAncillary<Owner> =
  | [level: number, type: number, data: Buffer]
  | [level: number, type: number, owners: Owner[]];

/** What recvmsg(2) gives beside the bytes. */
export interface Received<Owner> {
  /** The number of bytes; with MSG_TRUNC it may be more than there was room for. */
  readonly count: number;
  readonly ancillary: ReceivedAncillary<Owner>[];
  readonly flags: number;
  readonly address: AddressInfo;
}

function bytesOfFiles(type: number, data: unknown[], name: string): Uint8Array {
  if (type !== SCM_RIGHTS) throw invalidValue(name, 'bytes: only SCM_RIGHTS takes descriptors', data);
  const numbers = Int32Array.from(data, (file: unknown, i) => fdOf(file, `${name}[${i}]`));
  return new Uint8Array(numbers.buffer);
}

/** sendmsg(2): the number of bytes taken or -errno. */
export function sendMessage(
  handle: number,
  family: number,
  buffers: unknown,
  ancillary: unknown,
  flags: number,
  address: Address | null | undefined,
): number {
  if (!Array.isArray(buffers)) throw invalidType('buffers', 'an array', buffers);
  if (!Array.isArray(ancillary)) throw invalidType('ancillary', 'an array', ancillary);
  const given = Array.from(buffers, (each: unknown, i): [data: unknown, name: string] => [each, `buffers[${i}]`]);
  const hasAddress = address !== undefined && address !== null;
  const record = [integer(flags, 'flags', INT_MIN), hasAddress ? 1 : 0];
  ancillary.forEach((item: unknown, i) => {
    const name = `ancillary[${i}]`;
    if (!Array.isArray(item) || item.length !== 3) throw invalidType(name, 'an array [level, type, data]', item);
    const [level, type, data]: unknown[] = item;
    const kind = integer(type, `${name}[1]`);
    record.push(integer(level, `${name}[0]`), kind);
    given.push([Array.isArray(data) ? bytesOfFiles(kind, data, `${name}[2]`) : data, `${name}[2]`]);
  });
  const parts = hasAddress ? addressParts(address, family) : NO_ADDRESS;
  // Last: until here, a program's own code may have run (accessors, fileno()) and have taken bytes away.
  const views = given.map(([data, name]) => bytesOf(data, name));
  return native.sendmsg(handle, views, Int32Array.from(record), ...parts);
}

/** recvmsg(2) into `views`. `ownerOf` makes the owner of a descriptor from its handle. */
export function receiveMessage<Owner>(
  handle: number,
  views: Uint8Array[],
  ancillarySize: number,
  flags: number,
  ownerOf: (handle: number) => Owner,
): Received<Owner> {
  integer(ancillarySize, 'ancillarySize', 0, MOST_ANCILLARY);
  integer(flags, 'flags', INT_MIN);
  const control = new Uint8Array(ancillarySize);
  const record = new Int32Array(FIRST_ITEM + ITEM * Math.ceil(ancillarySize / native.cmsgLength(0)));
  const handles = new Float64Array(Math.ceil(ancillarySize / 4));
  const peer: AddressInfo[] = [];
  try {
    const count = native.recvmsg(handle, flags, views, control, record, handles, peer);
    if (count < 0) throw systemError(count, 'recvmsg');
    if (count > 0) progress.count++;
    const owners = Array.from(
      handles.filter((each) => each !== 0),
      ownerOf,
    );
    const ancillary = itemsOf(record, control, owners);
    return { count, ancillary, flags: record[FLAGS] ?? 0, address: peer[0] ?? '' };
  } catch (error) {
    // Nobody will ever see the owners, if there are any.
    for (const each of handles) if (each !== 0) native.close(each);
    throw error;
  }
}

function itemsOf<Owner>(record: Int32Array, control: Uint8Array, owners: Owner[]): ReceivedAncillary<Owner>[] {
  return Array.from({ length: record[COUNT] ?? 0 }, (_, i) => {
    const start = FIRST_ITEM + ITEM * i;
    const [level = 0, type = 0, place = 0, size = 0, areDescriptors = 0] = record.subarray(start, start + ITEM);
    if (areDescriptors !== 0) return [level, type, owners.slice(place, place + size)];
    // A copy, which keeps nothing else alive.
    return [level, type, Buffer.from(control.subarray(place, place + size))];
  });
}

/** CMSG_SPACE(3): how many bytes of ancillary data an item of `length` bytes takes. */
export function CMSG_SPACE(length: number): number {
  return native.cmsgSpace(integer(length, 'length', 0, MOST_ANCILLARY));
}

/** CMSG_LEN(3): the same without what is added at its end, for an item that is the last. */
export function CMSG_LEN(length: number): number {
  return native.cmsgLength(integer(length, 'length', 0, MOST_ANCILLARY));
}

/** The option SO_DOMAIN, SO_TYPE or the like of a descriptor; undefined if it is no socket. */
export function socketOption(handle: number, name: number): number | undefined {
  const value = new Int32Array(1);
  if (native.getsockopt(handle, SOL_SOCKET, name, new Uint8Array(value.buffer)) < 0) return undefined;
  return value[0];
}
