// examples/syslog.ts under logger(1), Python's SysLogHandler, and datagrams that mean no good.
import { createSocket } from 'node:dgram';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { runCommand } from '../support/child.ts';
import { Program } from '../support/program.ts';

/** Sends what logger(1) of util-linux sends, where there is none. */
const LOGGER = `
import re, socket, sys
form, port, priority, text = sys.argv[1:]
sent = f'<{priority}>Nov 25 18:00:00 {socket.gethostname()} me: {text}'
if form == 'rfc5424':
    sent = f'<{priority}>1 2026-11-25T18:00:00.0+00:00 {socket.gethostname()} me - - [timeQuality tzKnown="1"] {text}'
socket.socket(type=socket.SOCK_DGRAM).sendto(sent.encode(), ('127.0.0.1', int(port)))
`;

async function logger(form: 'rfc3164' | 'rfc5424', port: number, level: [string, number], text: string) {
  const udp = ['--server', '127.0.0.1', '--udp', '--port', String(port), `--${form}`];
  const sent = await runCommand('logger', [...udp, '-t', 'me', '-p', level[0], text]).catch(() => undefined);
  if (sent?.code === 0) return;
  const { code } = await runCommand('python3', ['-c', LOGGER, form, String(port), String(level[1]), text]);
  expect(code).toBe(0);
}

test('logger: both forms', async () => {
  const server = new Program('examples/syslog.ts', ['0']);
  const port = await server.port();
  const [host = ''] = hostname().split('.');
  await logger('rfc3164', port, ['daemon.err', 27], 'the old form: with a colon');
  await server.prints(new RegExp(`^127.0.0.1 ${host}\\S* daemon.err me: the old form: with a colon$`, 'm'));
  await logger('rfc5424', port, ['local7.debug', 191], 'the new form [1] grün');
  await server.prints(new RegExp(`^127.0.0.1 ${host}\\S* local7.debug me: the new form \\[1\\] grün$`, 'm'));
});

test("Python's SysLogHandler, a thousand messages", async () => {
  const server = new Program('examples/syslog.ts', ['0']);
  const script = `
import logging, logging.handlers, sys, time
handler = logging.handlers.SysLogHandler(('127.0.0.1', int(sys.argv[1])), logging.handlers.SysLogHandler.LOG_MAIL)
log = logging.getLogger('x'); log.addHandler(handler); log.setLevel(logging.DEBUG)
for number in range(1000): log.warning('message %d', number)
log.critical('two\\nlines')
`;
  const { stderr } = await runCommand('python3', ['-c', script, String(await server.port())]);
  expect(stderr).toBe('');
  await server.prints(/^127.0.0.1 - mail.crit -: two\\u\{a\}lines$/m);
  const numbers = server.lines
    .slice(1, -1)
    .map((line) => /^127.0.0.1 - mail.warning -: message (\d+)$/.exec(line)?.[1]);
  expect(numbers).toEqual(Array.from({ length: 1000 }, (_, number) => String(number)));
});

test('what is no message is shown all the same, and does no harm', async () => {
  const server = new Program('examples/syslog.ts', ['0']);
  const [port, socket] = [await server.port(), createSocket('udp4')];
  const send = (data: string | Buffer) => new Promise((sent) => socket.send(data, port, '127.0.0.1', sent));
  for (const data of [
    '',
    '<999>high',
    '<12',
    'plain\x1b[2J\u202etext\n',
    Buffer.of(0xff, 0xfe),
    '<0>1 - - - - - [a b="]"] end',
  ]) {
    await send(data);
  }
  await send(`<13>${'x'.repeat(9000)}`);
  await send('last');
  socket.close();
  await server.prints(/: last$/m);
  const [, ...lines] = server.lines.map((line) => line.replace(/x{9,}/, 'x'));
  expect(lines).toEqual([
    '127.0.0.1 - user.notice -: ',
    '127.0.0.1 - user.notice -: <999>high',
    '127.0.0.1 - user.notice -: <12',
    '127.0.0.1 - user.notice -: plain\\u{1b}[2J\\u{202e}text',
    '127.0.0.1 - user.notice -: \ufffd\ufffd',
    '127.0.0.1 - kern.emerg -: end',
    '127.0.0.1 - user.notice -: x (cut after 8192 bytes)',
    '127.0.0.1 - user.notice -: last',
  ]);
});
