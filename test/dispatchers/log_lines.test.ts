// What is written to the log: what comes from outside is escaped everywhere (deviation 18), and lines
// that a peer can cause at will are limited in rate.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  type ChannelMap,
  compactTraceback,
  Dispatcher,
  DispatcherWithSend,
  loop,
  SystemError,
} from '../../lib/index.ts';
import { warnOfBusyLoop } from '../../lib/reactor/busy_warning.ts';
import { AF_UNIX, Socket, socketpair } from '../../lib/socket.ts';
import { runProgram } from '../support/child.ts';
import { systemFailure, thrownBy } from '../support/failure.ts';

const EVIL = 'a\r\nerror: forged\u001b[2J\u009b\u2028\u202e\u{e0041}\ud800z';
const ESCAPED = 'a\\u000d\\u000aerror: forged\\u001b[2J\\u009b\\u2028\\u202e\\u{e0041}\\ud800z';
/** What no line may contain but at its end. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}](?!$)/u;

const written: string[] = [];

beforeEach(() => {
  written.length = 0;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
});
afterEach(() => vi.restoreAllMocks());

function named(addr: Dispatcher['addr']): Dispatcher {
  const channel = new Dispatcher(null, new Map());
  channel.addr = addr;
  return channel;
}

test('toString() escapes names and addresses', () => {
  expect(String(named([EVIL, 80]))).toBe(`<Dispatcher ${ESCAPED}:80>`);
  for (const addr of [[EVIL, 80, 0, 0], EVIL, `\0${EVIL}`, Buffer.from(EVIL)] as const) {
    expect(String(named(addr))).not.toMatch(UNSAFE);
  }
  const Named = { [EVIL]: class extends Dispatcher {} }[EVIL];
  expect(String(Named && new Named(null, new Map()))).toBe(`<${ESCAPED}>`);
});

test('the line of an uncaptured error escapes the channel, the error and where it comes from', () => {
  const channel = named([EVIL, 80]);
  channel.handleClose = () => undefined;
  channel.handleError(new Error(EVIL));
  channel.handleError(EVIL);
  channel.toString = () => EVIL;
  channel.handleError(new SystemError(-104, EVIL, EVIL));
  expect(written).toHaveLength(3);
  for (const line of written) {
    expect(line).toContain(ESCAPED);
    expect(line).not.toMatch(UNSAFE);
  }
});

test('a message cannot add places to its traceback', () => {
  const error = new Error('x\n    at admin (/etc/passwd:1:1)');
  const [place, , , info] = compactTraceback(error);
  expect(`${place} ${info}`).not.toContain('passwd');
  const there = { [EVIL]: () => new Error('x') }[EVIL]?.();
  expect(compactTraceback(there)[3]).not.toMatch(UNSAFE);
});

test('system errors and wrong arguments escape in their messages what they quote', () => {
  const error = new SystemError(-111, 'connect', [EVIL, 80]);
  expect(error.message).toBe(`connect ECONNREFUSED ${ESCAPED}:80`);
  expect(error.address).toBe(EVIL);
  const sock = new Socket(AF_UNIX);
  const gone = thrownBy(() => sock.connect('/no\nwhere'));
  expect(gone).toMatchObject({ message: 'connect ENOENT /no\\u000awhere', address: '/no\nwhere' });
  sock.close();
  const inet = new Socket();
  expect(thrownBy(() => inet.bind(['a\nb', 0]))).toMatchObject({ message: expect.stringContaining("'a\\u000ab'") });
  expect(thrownBy(() => Reflect.apply(inet.bind, inet, [Symbol('a\nb')]))).toMatchObject({
    message: expect.stringContaining('Symbol(a\\u000ab)'),
  });
  inet.close();
});

test('what is logged with debug, and the warning of a busy loop, are one line', () => {
  const [sock, peer] = socketpair();
  const channel = new DispatcherWithSend(sock, new Map());
  channel.debug = true;
  channel.send(`${EVIL}\n`.repeat(20));
  channel.send(new Uint8Array(100));
  expect(written).toHaveLength(2);
  for (const line of written) expect(line).not.toMatch(UNSAFE);
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  warnOfBusyLoop(named(EVIL), 1);
  expect(String(warn.mock.calls[0]?.[0])).not.toMatch(UNSAFE);
  channel.close();
  peer.close();
});

test("log() and logInfo() print the user's own text as it is", () => {
  named(null).logInfo('two\nlines');
  expect(written).toEqual(['info: two\nlines\n']);
});

const LIMITED = (count: number) => `
  class Faulty extends asyncore.Dispatcher {
    handleClose() {}
  }
  const channel = new Faulty(null, new Map());
  const quiet = new Faulty(null, new Map());
  quiet.ignoreLogTypes = new Set(['error']);
  for (let i = 0; i < 50; i++) quiet.handleError(new Error('not counted'));
  for (let i = 0; i < ${count}; i++) channel.handleError(new Error('fault ' + i));
`;

test('10 lines about errors are written in a second, and then how many were left out', async () => {
  const { stdout, code } = await runProgram(`${LIMITED(1000)}
    await new Promise((resolve) => setTimeout(resolve, 1100));
    channel.handleError(new Error('later'));
  `);
  const lines = stdout.trimEnd().split('\n');
  expect(code).toBe(0);
  expect(lines).toHaveLength(12);
  const faults = lines.slice(0, 10).map((line) => /^error: uncaptured .*fault (\d+) /.exec(line)?.[1]);
  expect(faults).toEqual(Array.from({ length: 10 }, (_, i) => String(i)));
  expect(lines[10]).toBe('error: uncaptured exception, closing channel: 990 more were left out');
  expect(lines[11]).toContain('Error:later');
});

test('what was left out is told when a process ends, which a timer does not keep alive', async () => {
  const { stdout, code } = await runProgram(`${LIMITED(13)}
    const begin = performance.now();
    process.on('exit', () => console.log('alive for', performance.now() - begin < 900 ? 'a moment' : 'too long'));
  `);
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n').slice(10)).toEqual([
    'error: uncaptured exception, closing channel: 3 more were left out',
    'alive for a moment',
  ]);
});

test('handleAcceptError() is told once that there is no room, until there was some', async () => {
  const map: ChannelMap = new Map();
  const errors: unknown[] = [];
  class Server extends Dispatcher {
    override handleAcceptError(error: unknown) {
      errors.push(error);
    }
    override handleAccepted(sock: Socket) {
      sock.close();
    }
  }
  const server = new Server(null, map);
  server.createSocket();
  server.bind(['127.0.0.1', 0]);
  server.listen();
  const { socket } = server;
  if (socket === null) throw new Error('no socket');
  const client = new Socket();
  client.connectEx(socket.getsockname());
  const accept = socket.accept.bind(socket);
  let failure: string | undefined = 'EMFILE';
  let accepted = 0;
  socket.accept = () => {
    if (failure !== undefined) throw systemFailure(failure, 'accept');
    const pair = accept();
    accepted++;
    return pair;
  };
  await loop({ map, count: 4, timeout: 0.15 });
  expect(errors).toEqual([systemFailure('EMFILE', 'accept')]);
  expect(written).toEqual([]);
  failure = undefined;
  for (let i = 0; i < 100 && accepted === 0; i++) await loop({ map, count: 1, timeout: 0.1 });
  expect(accepted).toBe(1);
  failure = 'ENFILE';
  expect(server.accept()).toBe(null);
  expect(errors).toEqual([systemFailure('EMFILE', 'accept'), systemFailure('ENFILE', 'accept')]);
  server.close();
  client.close();
});
