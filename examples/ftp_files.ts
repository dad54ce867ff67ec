// What ftp_server.ts shows of a folder: where its paths lead, and its listings.
import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';

/** A negative answer. */
export class Refusal extends Error {}

export class Folder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Where a client's path, which begins with a slash, really is; links that lead out are refused. */
  async locate(path: string, isNew = false): Promise<string> {
    const root = this.#root;
    const file = join(root, path);
    const real = isNew ? join(await realpath(dirname(file)), basename(file)) : await realpath(file);
    if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) throw new Refusal('550 Forbidden');
    return real;
  }

  /** Names that would break the lines are left out. */
  async list(path: string, verb: string): Promise<string> {
    const directory = await this.locate(path);
    let text = '';
    for (const name of (await readdir(directory)).filter((name) => !/\p{Cc}/u.test(name)).sort()) {
      const stats = await stat(join(directory, name)).catch(() => undefined);
      if (stats !== undefined) text += `${LINES[verb]?.(name, stats)}\r\n`;
    }
    return text;
  }
}

export const stamp = (date: Date) => date.toISOString().replace(/\D/g, '').slice(0, 14);

const LINES: Record<string, (name: string, stats: Stats) => string> = {
  NLST: (name) => name,
  MLSD: (name, stats) =>
    `type=${stats.isDirectory() ? 'dir' : 'file'};size=${stats.size};modify=${stamp(stats.mtime)}; ${name}`,
  LIST: (name, stats) => {
    const [, day, month, year] = stats.mtime.toUTCString().split(' ');
    const rights = stats.isDirectory() ? 'drwxr-xr-x' : '-rw-r--r--';
    return `${rights} 1 ftp ftp ${String(stats.size).padStart(12)} ${month} ${day}  ${year} ${name}`;
  },
};
