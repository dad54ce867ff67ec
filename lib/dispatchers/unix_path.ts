// The path that a server's UNIX socket has in the file system: its rights, what a server that is gone
// has left there, and its end.
import { Buffer } from 'node:buffer';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { Socket } from '../descriptors/socket.ts';
import { AF_UNIX } from '../system/constants.ts';

const SLASH = 0x2f;
const { ECONNREFUSED } = constants.errno;

/** The absolute path, because the process may go elsewhere; undefined if it is an abstract name, or none. */
function absolute(address: string | Uint8Array): string | Buffer | undefined {
  if (address.length === 0) return undefined;
  if (typeof address === 'string') return address.startsWith('\0') ? undefined : resolve(address);
  if (address[0] === 0) return undefined;
  return address[0] === SLASH ? Buffer.from(address) : Buffer.concat([Buffer.from(`${process.cwd()}/`), address]);
}

/** The inode of the socket at `path`; undefined if there is none. */
function inodeOf(path: string | Buffer): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found?.isSocket() ? `${found.dev} ${found.ino}` : undefined;
}

/** Removes the socket at `address` if it refuses connections; whether it did. */
export function removeStale(address: string | Uint8Array): boolean {
  const path = absolute(address);
  if (path === undefined || inodeOf(path) === undefined) return false;
  const probe = new Socket(AF_UNIX);
  try {
    if (probe.connectEx(address) !== ECONNREFUSED) return false;
  } finally {
    probe.close();
  }
  unlinkSync(path);
  return true;
}

/** The path of a socket that was just bound. */
export class UnixPath {
  readonly #path: string | Buffer | undefined;
  readonly #inode: string | undefined;

  constructor(address: string | Uint8Array) {
    this.#path = absolute(address);
    this.#inode = this.#path === undefined ? undefined : inodeOf(this.#path);
  }

  setMode(mode: number): void {
    if (this.#path !== undefined) chmodSync(this.#path, mode);
  }

  /**
   * Removes the path if it still is that of our socket. To be called while the socket is open: until
   * then no other can have its inode.
   */
  remove(): void {
    if (this.#path === undefined || this.#inode === undefined) return;
    try {
      if (inodeOf(this.#path) === this.#inode) unlinkSync(this.#path);
    } catch {
      // The folder may be gone, or not ours to change any more; the socket is to be closed all the same.
    }
  }
}
