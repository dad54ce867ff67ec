// Channels and messages as text.
import { inspect } from 'node:util';
import type { Address, AddressInfo } from '../descriptors/address.ts';

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
  if (addr !== null) {
    const isPair = typeof addr !== 'string' && addr.length === 2;
    words.push(isPair ? `${addr[0]}:${addr[1]}` : JSON.stringify(addr));
  }
  if (channel.fileno() >= 0) words.push(`fd=${channel.fileno()}`);
  return `<${words.join(' ')}>`;
}

/** A channel as text, even if a user's toString() throws. */
export function safeRepr(channel: object): string {
  try {
    return String(channel);
  } catch {
    return '<toString() failed>';
  }
}

/** Any message as text; not every object can be converted to a string. */
export function textOf(message: unknown): string {
  try {
    return String(message);
  } catch {
    return inspect(message);
  }
}
