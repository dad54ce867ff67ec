// examples/smtp_server.ts under Python's smtplib and curl, and clients that mean no good.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { runCommand } from '../support/child.ts';
import { temporaryPath } from '../support/matrix.ts';
import { Client, Program } from '../support/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'smtp-server-'));
const mail = join(folder, 'mail');
afterAll(() => rmSync(folder, { recursive: true }));

const serve = (...more: string[]) => new Program('examples/smtp_server.ts', [mail, '0', ...more]);

async function python(script: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await runCommand('python3', [
    '-c',
    `import smtplib, ssl, sys, hashlib\n${script}`,
    ...args,
  ]);
  expect(stderr).toBe('');
  return stdout;
}

interface Kept {
  from: string;
  to: string[];
  size: number;
  file: string;
  secure: boolean;
}

function kept(server: Program): Kept[] {
  return server.lines.filter((line) => line.startsWith('message ')).map((line) => JSON.parse(line.slice(8)));
}

test('smtplib: dots, eight bits, several messages and recipients on one connection', async () => {
  const server = serve();
  const out = await python(
    `
with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as smtp:
    print(smtp.ehlo()[0], smtp.esmtp_features)
    smtp.sendmail('a@here', ['b@there', 'c@there'], b'Subject: dots\\r\\n\\r\\n.\\r\\n..\\r\\n.x\\r\\nend.\\r\\n')
    smtp.sendmail('', 'd@there', 'gr\\u00fcn\\r\\n'.encode(), mail_options=['BODY=8BITMIME'])
    smtp.mail('lost@here'); smtp.rcpt('lost@there'); print(smtp.rset())
    smtp.sendmail('a@here', 'b@there', b'')
    print(smtp.verify('somebody')[0], smtp.noop()[0])
`,
    String(await server.port()),
  );
  expect(out).toBe("250 {'pipelining': '', '8bitmime': '', 'size': '33554432'}\n(250, b'Reset')\n252 250\n");
  const messages = kept(server);
  expect(messages.map(({ from, to }) => [from, to])).toEqual([
    ['a@here', ['b@there', 'c@there']],
    ['', ['d@there']],
    ['a@here', ['b@there']],
  ]);
  const texts = messages.map(({ file }) => readFileSync(file, 'utf8'));
  expect(texts.slice(0, 2)).toEqual(['Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nend.\r\n', 'grün\r\n']);
  expect(messages.map(({ size }) => size)).toEqual(texts.map((text) => Buffer.byteLength(text)));
});

test('smtplib: 20 MB by hash', async () => {
  const server = serve();
  const out = await python(
    `
import random
source = random.Random(7)
text = b''.join(b'.' * source.randrange(3) + source.randbytes(480).hex().encode() + b'\\r\\n' for _ in range(21_000))
print(hashlib.sha256(text).hexdigest(), len(text) > 20_000_000)
with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as smtp: smtp.sendmail('a@here', 'b@there', text)
`,
    String(await server.port()),
  );
  const hash = createHash('sha256').update(readFileSync(kept(server)[0]?.file ?? ''));
  expect(out).toBe(`${hash.digest('hex')} True\n`);
});

test('smtplib: more than the limit is refused before and after, and the session goes on', async () => {
  const server = serve('20', '100000');
  const out = await python(
    `
lines, line = b'0123456789\\r\\n' * 10_000, b'x' * 80_000
with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as smtp:
    try: smtp.sendmail('a@here', 'b@there', lines)
    except smtplib.SMTPSenderRefused as error: print(error.smtp_code)
    for text in lines, line, b'enough':
        smtp.mail('a@here'); smtp.rcpt('b@there')
        print(smtp.data(text)[0])
`,
    String(await server.port()),
  );
  expect(out).toBe('552\n552\n552\n250\n');
  expect(kept(server).map(({ file }) => readFileSync(file, 'utf8'))).toEqual(['enough\r\n']);
});

test('curl sends a file', async () => {
  const server = serve();
  const file = join(folder, 'message.txt');
  writeFileSync(file, 'Subject: from curl\r\n\r\n.hidden\r\n');
  const to = ['--mail-from', 'me@here', '--mail-rcpt', 'you@there', '--mail-rcpt', 'him@there', '-T', file];
  const { code, stderr } = await runCommand('curl', ['-sS', `smtp://127.0.0.1:${await server.port()}`, ...to]);
  expect([code, stderr]).toEqual([0, '']);
  expect(kept(server)).toMatchObject([{ from: 'me@here', to: ['you@there', 'him@there'], secure: false }]);
  expect(readFileSync(kept(server)[0]?.file ?? '', 'utf8')).toBe('Subject: from curl\r\n\r\n.hidden\r\n');
});

test('STARTTLS, and what was said in plain text is forgotten', async () => {
  const [key, { path, key: secret }] = [join(folder, 'key.pem'), certificate(temporaryPath)];
  writeFileSync(key, secret);
  const server = serve('20', '1000000', key, path);
  const port = String(await server.port());
  const out = await python(
    `
context = ssl.create_default_context(cafile=sys.argv[2])
with smtplib.SMTP('localhost', int(sys.argv[1])) as smtp:
    smtp.ehlo(); print(smtp.has_extn('starttls'))
    smtp.starttls(context=context)
    print(smtp.mail('a@here')[0])
    smtp.ehlo(); print(smtp.has_extn('starttls'), smtp.docmd('STARTTLS')[0])
    smtp.sendmail('a@here', 'b@there', b'secret\\r\\n' * 100_000)
with smtplib.SMTP('localhost', int(sys.argv[1])) as smtp:
    smtp.ehlo()
    smtp.send('STARTTLS\\r\\nMAIL FROM:<injected@here>\\r\\nRCPT TO:<injected@there>\\r\\n')
    print(smtp.getreply()[0])
    smtp.sock = context.wrap_socket(smtp.sock, server_hostname='localhost'); smtp.file = None
    print(smtp.ehlo()[0], smtp.rcpt('b@there')[0])
`,
    port,
    path,
  );
  expect(out).toBe('True\n503\nFalse 502\n220\n250 503\n');
  expect(kept(server)).toMatchObject([{ to: ['b@there'], secure: true, size: 800_000 }]);
});

test('commands out of order, too long or unknown are refused, and at last the client is', async () => {
  const client = new Client(await serve().port());
  const say = async (text: string, answer: string) => {
    client.received = '';
    client.socket.write(text);
    await client.receives(answer);
  };
  await client.receives('220 ');
  await say('MAIL FROM:<a@here>\r\n', '503 ');
  await say('EHLO\r\n', '501 ');
  await say('EHLO here\r\nDATA\r\n', '503 ');
  await say('RCPT TO:<a@there>\r\n', '503 ');
  await say('MAIL FROM:a@here\r\n', '501 ');
  await say('MAIL FROM:<a@here> BODY=BINARYMIME\r\n', '555 ');
  await say('STARTTLS\r\n', '502 ');
  await say(`NOOP ${'x'.repeat(100_000)}`, '500 Line too long');
  await say('xxx\r\nNOOP\r\n', '250 Here');
  const recipients = 'RCPT TO:<a@there>\r\n'.repeat(101);
  await say(`MAIL FROM:<a@here>\r\n${recipients}`, '452 ');
  await say('GET / HTTP/1.1\r\nHost: x\r\n\r\n', '421 ');
  await client.closed;
});

test('clients that are slow, silent or gone are not waited for, and leave no message', async () => {
  const before = readdirSync(mail).length;
  const server = serve('1');
  const port = await server.port();
  const silent = new Client(port);
  const slow = new Client(port);
  const drip = setInterval(() => slow.socket.write('x'), 100);
  const gone = new Client(port);
  gone.socket.write('EHLO x\r\nMAIL FROM:<a@here>\r\nRCPT TO:<b@there>\r\nDATA\r\nhalf of a mess');
  await gone.receives('354 ');
  gone.socket.resetAndDestroy();
  await Promise.all([silent.closed, slow.closed]);
  clearInterval(drip);
  expect(silent.received).toBe('220 mail.example ESMTP\r\n421 Too slow\r\n');
  expect(slow.received).toBe('220 mail.example ESMTP\r\n421 Too slow\r\n');
  expect(readdirSync(mail)).toHaveLength(before);
  expect(kept(server)).toEqual([]);
});
