// Reports what a program forked while a loop is busy has of it, which should be nothing: no channels,
// and no descriptors of the parent's, whose targets are its arguments. Run by
// reliability_processes.test.ts.
import { readdirSync, readlinkSync } from 'node:fs';
import { socketMap } from '../../lib/index.ts';

const theirs = new Set(process.argv.slice(2));
const inherited = readdirSync('/proc/self/fd').filter((fd) => {
  try {
    return theirs.has(readlinkSync(`/proc/self/fd/${fd}`));
  } catch {
    // The descriptor that reads the directory.
    return false;
  }
});
process.send?.({ channels: socketMap.size, inherited: inherited.length });
process.disconnect();
