// examples/smtp_server.ts: 20 MB by hash, with two clients, and STARTTLS with a third.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run as runNow } from '../addon.ts';
import { client, FOLDER, hashOf, need, serving, type Trial } from './trial.ts';

const SIZE = 20_000_000;

/** Lines that end as mail's do, every third with a dot at its beginning. */
function message(): { path: string; hash: string } {
  const path = join(FOLDER, 'message.eml');
  const lines: string[] = ['Subject: large\r\n\r\n'];
  let size = 0;
  for (let i = 0; size < SIZE; i++) {
    const line = `${i % 3 === 0 ? '.' : ''}${createHash('sha512').update(String(i)).digest('hex')}\r\n`;
    lines.push(line);
    size += line.length;
  }
  const text = lines.join('');
  writeFileSync(path, text);
  return { path, hash: createHash('sha256').update(text).digest('hex') };
}

/** Has a client send the message: it must be kept as it is. */
async function sent(name: string, send: (port: number, path: string) => Promise<unknown>): Promise<string> {
  const folder = join(FOLDER, `mail-${name}`);
  const { path, hash } = message();
  return serving('smtp_server', [folder, '0'], async (port) => {
    await send(port, path);
    const kept = readdirSync(folder);
    need(kept.length === 1, `${kept.length} messages were kept`);
    need((await hashOf(join(folder, kept[0] ?? ''))) === hash, 'the message is not what was sent');
    return '20 MB by hash';
  });
}

const SMTPLIB = `
import smtplib, sys
with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as smtp: smtp.sendmail('me@here', 'you@there', open(sys.argv[2], 'rb').read())
`;

function curl(port: number, path: string): Promise<string> {
  const who = ['--mail-from', 'me@here', '--mail-rcpt', 'you@there'];
  return client('curl', ['-sS', `smtp://127.0.0.1:${port}`, ...who, '-T', path]);
}

async function startTls(): Promise<string> {
  const [key, cert] = [join(FOLDER, 'key.pem'), join(FOLDER, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  runNow('openssl', ['req', '-x509', ...kind, '-subj', '/CN=localhost', '-keyout', key, '-out', cert]);
  const folder = join(FOLDER, 'mail-openssl');
  return serving('smtp_server', [folder, '0', '60', '1000000', key, cert], async (port) => {
    const dialogue = join(FOLDER, 'dialogue');
    const text = 'Subject: secret\r\n\r\nsecret\r\n';
    const commands = ['EHLO here', 'MAIL FROM:<me@here>', 'RCPT TO:<you@there>', 'DATA'].join('\r\n');
    writeFileSync(dialogue, `${commands}\r\n${text}.\r\nQUIT\r\n`);
    const args = ['s_client', '-starttls', 'smtp', '-connect', `127.0.0.1:${port}`, '-CAfile', cert, '-quiet'];
    await client('openssl', [...args, '-verify_return_error', '-ign_eof'], dialogue);
    const [kept = ''] = readdirSync(folder);
    need(readFileSync(join(folder, kept), 'utf8') === text, 'the message is not what was sent');
    return 'a message over TLS';
  });
}

export const trials: readonly Trial[] = [
  {
    name: "SMTP: Python's smtplib",
    needs: ['python3'],
    run: () => sent('smtplib', (port, path) => client('python3', ['-c', SMTPLIB, String(port), path])),
  },
  { name: 'SMTP: curl', needs: ['curl'], run: () => sent('curl', curl) },
  { name: 'SMTP: openssl s_client, STARTTLS', needs: ['openssl'], run: startTls },
];
