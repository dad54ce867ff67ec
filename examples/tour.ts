// A tour of the library on real descriptors: each step runs one of the examples in this folder in its
// own process, talks to it, and reports what happens.
//
//   npm start
import { createRequire } from 'node:module';
import { echo } from './tour/echo.ts';
import { fifos } from './tour/fifos.ts';
import { http } from './tour/http.ts';
import { since } from './tour/tell.ts';
import { terminal } from './tour/terminal.ts';

/** Milliseconds; the tour takes this long only if something hangs. */
const MOST = 25_000;

const watchdog = setTimeout(() => {
  console.error(`The tour did not finish within ${MOST / 1000} s.`);
  process.exit(1);
}, MOST);

const { version }: { version: string } = createRequire(import.meta.url)('asyncore/package.json');
console.log(`asyncore ${version} on Node ${process.version}`);

const begin = performance.now();
for (const part of [echo, http, fifos, terminal]) await part();
console.log(`\nThe tour took ${(since(begin) / 1000).toFixed(1)} s. Every file in examples/ also runs on its own.`);
clearTimeout(watchdog);
