// Channels as text.
import type { Address, AddressInfo } from '../descriptors/address.ts';
import { escaped } from '../system/text.ts';

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
  return escaped(`<${words.join(' ')}>`);
}
