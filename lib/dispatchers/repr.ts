// Channels as text.
import { types } from 'node:util';
import type { Address, AddressInfo } from '../descriptors/address.ts';
import { escaped, textOfBytes } from '../system/text.ts';

interface Shown {
  readonly accepting: boolean;
  readonly connected: boolean;
  readonly addr: Address | AddressInfo | null;
  fileno(): number;
}

/** `<Class listening|connected host:port fd=n>`: asyncore's repr(). */
export function repr(channel: Shown): string {
  const { addr } = channel;
  const words = [channel.constructor.name];
  if (channel.accepting && addr) words.push('listening');
  else if (channel.connected) words.push('connected');
  if (addr !== null) words.push(shown(addr));
  if (channel.fileno() >= 0) words.push(`fd=${channel.fileno()}`);
  return escaped(`<${words.join(' ')}>`);
}

function shown(addr: Address | AddressInfo): string {
  if (types.isUint8Array(addr)) return `"${textOfBytes(addr)}"`;
  return typeof addr !== 'string' && addr.length === 2 ? `${addr[0]}:${addr[1]}` : JSON.stringify(addr);
}
