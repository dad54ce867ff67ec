// npm run check streams [-- --megabytes 1024 --cycles 10000 --seed 1]: streams with their real users, at full size:
// pipelines, http, https, tls, STARTTLS, FIFOs, terminals, and thousands of cycles of open, pipe and destroy.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificate } from '../../test/support/certificate.ts';
import { copyAddon } from '../addon.ts';
import { readNumbers, someSeed } from '../options.ts';
import { type Options, showCycles, showFifo, showTerminal } from './files.ts';
import { showPipeline } from './pipeline.ts';
import { showHttp, showHttps, showStarttls, showTls } from './users.ts';

const { megabytes, cycles, seed } = readNumbers({ megabytes: 1024, cycles: 10_000, seed: someSeed() });
process.env['ASYNCORE_PREBUILD'] = copyAddon();
const folder = mkdtempSync(join(tmpdir(), 'asyncore-streams-'));
let files = 0;
const path = () => join(folder, String(++files));

const SHOWINGS: [name: string, show: (options: Options) => Promise<string>][] = [
  ['pipeline() through zlib, with memory flat', showPipeline],
  ['http.createServer() with curl and wrk', showHttp],
  ['https.createServer(), both ways by hash', showHttps],
  ['tls.connect({ socket })', showTls],
  ['STARTTLS in an AsyncChat conversation', showStarttls],
  ['a FIFO beside fs.readFile', showFifo],
  ['a terminal beside fs.readFile', showTerminal],
  ['cycles of open, pipe and destroy', showCycles],
];

let failures = 0;
try {
  const trusted = certificate(path);
  for (const [name, show] of SHOWINGS) {
    const progress = (text: string | number) => process.send?.(`${name}: ${text}`);
    progress('');
    const began = performance.now();
    const line = (text: string) =>
      console.log(`${name}: ${text} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    try {
      line(await show({ megabytes, cycles, seed, path, trusted, progress }));
    } catch (error) {
      failures++;
      line(`FAILED ${error instanceof Error ? error.message : error}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`streams: ${failures} failures (seed ${seed})`);
process.exitCode = failures > 0 ? 1 : 0;
