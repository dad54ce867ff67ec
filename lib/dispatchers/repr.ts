// Channels as text.
import type { Address, AddressInfo } from '../descriptors/address.ts';
import { bracketed, textOfAddress } from '../descriptors/repr.ts';

interface Shown {
  readonly accepting: boolean;
  readonly connected: boolean;
  readonly addr: Address | AddressInfo | null;
  fileno(): number;
}

/** `<Class listening|connected host:port fd=n>`: asyncore's repr(). */
export function repr(channel: Shown): string {
  const { addr } = channel;
  const words: string[] = [];
  if (channel.accepting && addr) words.push('listening');
  else if (channel.connected) words.push('connected');
  if (addr !== null) words.push(textOfAddress(addr));
  if (channel.fileno() >= 0) words.push(`fd=${channel.fileno()}`);
  return bracketed(channel, ...words);
}
