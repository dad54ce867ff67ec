// Objects as text, in the style of asyncore's repr(): `<Class state address fd=n>`. A closed one is not asked
// for anything.
import { types } from 'node:util';
import { SO_ACCEPTCONN, SOL_SOCKET } from '../system/constants.ts';
import { escaped, textOfBytes } from '../system/text.ts';
import type { Address, AddressInfo } from './address.ts';

/** Words in angle brackets, behind the name of the object's class. */
export function bracketed(object: object, ...words: string[]): string {
  return escaped(`<${[object.constructor.name, ...words].join(' ')}>`);
}

export function textOfAddress(addr: Address | AddressInfo): string {
  if (types.isUint8Array(addr)) return `"${textOfBytes(addr)}"`;
  return typeof addr !== 'string' && addr.length === 2 ? `${addr[0]}:${addr[1]}` : JSON.stringify(addr);
}

/** `<Class fd=n>` or `<Class closed>`, with words of its own in between. */
export function reprOfFile(file: { fileno(): number }, ...words: string[]): string {
  const fd = file.fileno();
  return bracketed(file, ...(fd < 0 ? ['closed'] : [...words, `fd=${fd}`]));
}

interface SocketLike {
  fileno(): number;
  getsockopt(level: number, name: number): number;
  getsockname(): AddressInfo;
  getpeername(): AddressInfo;
}

/** Its answer; undefined where it has none. */
function answer<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

/** Nothing, for a socket without a name. */
function wordOf(addr: AddressInfo | undefined): string[] {
  if (addr === undefined || addr.length === 0) return [];
  return Array.isArray(addr) && addr[1] === 0 ? [] : [textOfAddress(addr)];
}

/** `<Socket listening|connected address fd=n>`: the peer's address, if there is one, or its own. */
export function reprOfSocket(sock: SocketLike): string {
  if (sock.fileno() < 0) return reprOfFile(sock);
  const peer = answer(() => sock.getpeername());
  if (peer !== undefined) return reprOfFile(sock, 'connected', ...wordOf(peer));
  const isListening = answer(() => sock.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)) === 1;
  return reprOfFile(sock, ...(isListening ? ['listening'] : []), ...wordOf(answer(() => sock.getsockname())));
}
