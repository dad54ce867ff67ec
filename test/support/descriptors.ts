// The descriptors that this process has open.
import { readdirSync, readlinkSync } from 'node:fs';

/** What each open descriptor is, by number, except the one that reads the directory. */
export function openDescriptors(): Map<number, string> {
  const open = new Map<number, string>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      open.set(Number(name), readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // The directory's own descriptor, closed by now.
    }
  }
  return open;
}
