// A child's stdout and stderr and this terminal's stdin, all in one map. Type while it runs.
//
//   npx tsx examples/stdin.ts                 (runs a short command of its own)
//   npx tsx examples/stdin.ts ping -c 5 localhost
import { spawn } from 'node:child_process';
import { FileDispatcher, type FileLike, loop, pipe } from 'asyncore';

class Source extends FileDispatcher {
  readonly #name: string;

  constructor(name: string, file: FileLike) {
    super(file);
    this.#name = name;
  }

  override handleRead() {
    const data = this.recv(8192);
    if (data.length > 0) console.log('%s: %s', this.#name, data.toString().trimEnd());
  }

  override handleClose() {
    console.log('%s has ended', this.#name);
    this.close();
    // Once the child can print nothing more, there is no reason to wait for the terminal.
    if (!out.connected && !err.connected) stdin.close();
  }

  override writable() {
    return false;
  }
}

const [command = 'sh', ...args] = process.argv.slice(2);
if (args.length === 0) args.push('-c', 'echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three');

const [outReader, outWriter] = pipe();
const [errReader, errWriter] = pipe();
// The child shares these ends, and few programs can handle EAGAIN.
for (const writer of [outWriter, errWriter]) writer.setBlocking(true);
spawn(command, args, { stdio: ['ignore', outWriter.fd, errWriter.fd] });

const out = new Source('stdout', outReader);
const err = new Source('stderr', errReader);
const stdin = new Source('stdin', 0);
// The channels keep duplicates, and the child has inherited its ends.
for (const file of [outReader, outWriter, errReader, errWriter]) file.close();

await loop();
