// Worker threads that run the library from its sources.
import { Worker } from 'node:worker_threads';

export const index = new URL('../../lib/index.ts', import.meta.url).href;
const select = new URL('../../lib/select.ts', import.meta.url).href;
const socket = new URL('../../lib/socket.ts', import.meta.url).href;

/** What a thread runs for `source` to find the library, and to tell `post` what it likes. */
export function programOf(source: string): string {
  return `
    const { parentPort } = require('node:worker_threads');
    const post = (value) => parentPort.postMessage(value);
    (async () => {
      (await import('tsx/esm/api')).register();
      const asyncore = await import(${JSON.stringify(index)});
      const sockets = await import(${JSON.stringify(socket)});
      const selecting = await import(${JSON.stringify(select)});
      ${source}
    })();
  `;
}

/** Runs JavaScript in a thread of its own. */
export function threadWith(source: string): Worker {
  return new Worker(programOf(source), { eval: true });
}
