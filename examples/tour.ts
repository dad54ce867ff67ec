// A tour of what the library does, on real descriptors: each step runs one of the examples beside
// this file as a process of its own, talks to it, and tells what happens.
//
//   npm start
import { createRequire } from 'node:module';
import { echo } from './tour/echo.ts';
import { fifos } from './tour/fifos.ts';
import { http } from './tour/http.ts';
import { since } from './tour/tell.ts';
import { terminal } from './tour/terminal.ts';

/** Milliseconds; nothing here takes so long unless something hangs. */
const MOST = 25_000;

const watchdog = setTimeout(() => {
  console.error(`The tour has not ended within ${MOST / 1000} s.`);
  process.exit(1);
}, MOST);

const { version }: { version: string } = createRequire(import.meta.url)('asyncore/package.json');
console.log(`asyncore ${version} on Node ${process.version}`);

const begin = performance.now();
for (const part of [echo, http, fifos, terminal]) await part();
console.log(`\nThat was the tour: ${(since(begin) / 1000).toFixed(1)} s. Each of its files in examples/ runs alone.`);
clearTimeout(watchdog);
