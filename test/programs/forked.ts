// What a program that was forked beside a busy loop finds of it: nothing. It is given what the
// parent's descriptors are. Run by reliability_processes.test.ts.
import { readdirSync, readlinkSync } from 'node:fs';
import { socketMap } from '../../lib/index.ts';

const theirs = new Set(process.argv.slice(2));
const inherited = readdirSync('/proc/self/fd').filter((fd) => {
  try {
    return theirs.has(readlinkSync(`/proc/self/fd/${fd}`));
  } catch {
    // The one that reads the directory.
    return false;
  }
});
process.send?.({ channels: socketMap.size, inherited: inherited.length });
process.disconnect();
