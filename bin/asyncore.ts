#!/usr/bin/env node
// The command `asyncore`: shows what the library can do, without a line of code. Each subcommand is one of
// the examples, which finds its arguments where it would if it were run alone.
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

interface Subcommand {
  readonly synopsis: string;
  readonly help: string;
  readonly least: number;
  readonly most: number;
  readonly run: () => Promise<unknown>;
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  tail: {
    synopsis: 'tail FIFO...',
    help: `Follows FIFOs, terminals and devices line by line, each line behind the path it came from, even after
their writers have gone.

  mkfifo /tmp/a /tmp/b
  npx asyncore tail /tmp/a /tmp/b
  echo hello > /tmp/a                       (in another terminal)`,
    least: 1,
    most: Infinity,
    run: () => import('../examples/tail.ts'),
  },
  forward: {
    synopsis: 'forward LISTEN TARGET',
    help: `Forwards every connection to LISTEN to TARGET, with back-pressure. Each is HOST:PORT, [IPv6]:PORT, a port of
this machine, or the path of a UNIX socket.

  npx asyncore forward 8080 example.org:80
  npx asyncore forward /tmp/db.sock 127.0.0.1:5432`,
    least: 2,
    most: 2,
    run: () => import('../examples/port_forwarder.ts'),
  },
  top: {
    synopsis: 'top LISTEN TARGET',
    help: `Forwards as \`asyncore forward\` does, and shows each second what its loop does: passes, events and bytes, the
busiest connections, and the slowest calls.

  npx asyncore top 8080 example.org:80`,
    least: 2,
    most: 2,
    run: () => import('../examples/top.ts'),
  },
};

const USAGE = `Usage: asyncore COMMAND

${Object.values(SUBCOMMANDS)
  .map(({ synopsis }) => `  asyncore ${synopsis}`)
  .join('\n')}

asyncore COMMAND --help says more. --version prints the version.
`;

/** A mistake in the arguments: one line, and where to read more. */
function refuse(who: string, what: string): never {
  process.stderr.write(`${who}: ${what} (try ${who} --help)\n`);
  process.exit(2);
}

/** The output cannot be written: quietly if whoever read it has left, as in `asyncore tail fifo | head -1`. */
function end(who: string, error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`${who}: standard output: ${error.message}\n`);
  process.exit(1);
}

function print(who: string, text: string): never {
  try {
    writeSync(process.stdout.fd, text);
  } catch (error) {
    end(who, error instanceof Error ? error : new Error(String(error)));
  }
  process.exit(0);
}

function version(): string {
  const { version }: { version: string } = createRequire(import.meta.url)('asyncore/package.json');
  return `${version}\n`;
}

/** What --help and --version leave of the arguments; anything else that looks like an option is refused. */
function operandsOf(who: string, args: string[], help: string): string[] {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'V' } },
      allowPositionals: true,
    });
    if (values.help) print(who, help);
    if (values.version) print(who, version());
    return positionals;
  } catch (error) {
    return refuse(who, error instanceof Error ? error.message.split(/[.\n]/, 1).join('') : String(error));
  }
}

const [name = '', ...rest] = process.argv.slice(2);
const found = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
if (found === undefined) {
  if (name === '') refuse('asyncore', 'which command?');
  operandsOf('asyncore', [name], USAGE);
  refuse('asyncore', `no command '${name}'`);
}

const who = `asyncore ${name}`;
const operands = operandsOf(who, rest, `Usage: asyncore ${found.synopsis}\n\n${found.help}\n`);
if (operands.length < found.least || operands.length > found.most) refuse(who, `expects ${found.synopsis}`);
process.argv.splice(2, Infinity, ...operands);

process.stdout.on('error', (error) => end(who, error));
try {
  await found.run();
} catch (error) {
  process.stderr.write(`${who}: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
