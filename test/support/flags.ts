// What the system says about a descriptor of this process.
import { constants, readFileSync } from 'node:fs';

const O_CLOEXEC = 0o2000000;

function flagsOf(fd: number): number {
  const [, flags] = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
  if (flags === undefined) throw new Error(`no flags of descriptor ${fd}`);
  return Number.parseInt(flags, 8);
}

/** Whether O_NONBLOCK is set on the open file, which duplicates share. */
export function isNonBlocking(fd: number): boolean {
  return (flagsOf(fd) & constants.O_NONBLOCK) !== 0;
}

/** Whether child programs do not inherit the descriptor. */
export function isCloseOnExec(fd: number): boolean {
  return (flagsOf(fd) & O_CLOEXEC) !== 0;
}

/** The offset of the open file, which duplicates share. */
export function offsetOf(fd: number): number {
  const [, offset] = /^pos:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
  return Number(offset);
}
