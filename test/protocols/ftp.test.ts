// examples/ftp_server.ts under Python's ftplib and curl, and clients that mean no good.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCommand } from '../support/child.ts';
import { Client, Program } from '../support/program.ts';

const outside = mkdtempSync(join(tmpdir(), 'ftp-server-'));
const folder = join(outside, 'shared');
mkdirSync(join(folder, 'sub'), { recursive: true });
writeFileSync(join(outside, 'secret.txt'), 'secret');
writeFileSync(join(folder, 'hello.txt'), 'hello, world');
writeFileSync(join(folder, 'bad\r\nname'), '');
writeFileSync(join(folder, 'sub', 'inner.txt'), 'inner');
writeFileSync(join(folder, 'zeros'), Buffer.alloc(50_000_000));
symlinkSync(join(outside, 'secret.txt'), join(folder, 'leak.txt'));
symlinkSync(outside, join(folder, 'away'));
afterAll(() => rmSync(outside, { recursive: true }));

const serve = (patience = '20') => new Program('examples/ftp_server.ts', [folder, '0', 'me:secret', patience]).port();

const FTP = `
import ftplib, hashlib, io, random, sys
ftp = ftplib.FTP(); ftp.connect('127.0.0.1', int(sys.argv[1]), 10); ftp.login('me', 'secret')
def lines(run, *args):
    out = []; run(*args, out.append); return out
def refused(run, *args):
    try: return run(*args)
    except ftplib.Error as error: return str(error)[:3]
`;

async function python(script: string, port: number): Promise<string[]> {
  const { stdout, stderr } = await runCommand('python3', ['-c', FTP + script, String(port)]);
  expect(stderr).toBe('');
  return stdout.trim().split('\n');
}

test('ftplib: 20 MB both ways by hash, passive and active, and from the middle', async () => {
  const out = await python(
    `
data = random.Random(7).randbytes(20_000_000)
for passive in True, False:
    ftp.set_pasv(passive)
    ftp.storbinary('STOR sub/large', io.BytesIO(data))
    back = io.BytesIO(); ftp.retrbinary('RETR sub/large', back.write)
    print(hashlib.sha256(back.getvalue()).digest() == hashlib.sha256(data).digest(), ftp.size('sub/large'))
ftp.af = __import__('socket').AF_INET6  # EPSV and EPRT, over IPv4
print(ftp.sendcmd('EPSV')[:3], refused(ftp.sendcmd, 'EPRT |1|127.0.0.1|2000|')[:3])
ftp.af = __import__('socket').AF_INET; ftp.set_pasv(True)
back = io.BytesIO(); ftp.retrbinary('RETR sub/large', back.write, rest=19_999_990)
print(back.getvalue() == data[-10:])
ftp.storbinary('STOR sub/large', io.BytesIO(b'end'), rest=19_999_997)
back = io.BytesIO(); ftp.retrbinary('RETR sub/large', back.write, rest=19_999_990)
print(back.getvalue() == data[-10:-3] + b'end', ftp.quit()[:3])
`,
    await serve(),
  );
  expect(out).toEqual(['True 20000000', 'True 20000000', '229 200', 'True', 'True 221']);
});

test('ftplib: folders, and listings', async () => {
  const out = await python(
    `
print([name for name in ftp.nlst() if name not in ('away', 'leak.txt')])
print([(name, facts['type'], facts['size']) for name, facts in ftp.mlsd() if name == 'hello.txt'])
print(ftp.cwd('sub')[:3], ftp.pwd(), ftp.nlst()[0], ftp.cwd('..')[:3], ftp.pwd(), ftp.cwd('/sub')[:3], ftp.cwd('..')[:3])
print([line.split()[0] + line.split()[4] for line in lines(ftp.dir) if line.endswith('hello.txt')])
print(lines(ftp.retrlines, 'RETR hello.txt'), len(ftp.sendcmd('MDTM hello.txt')), 'REST STREAM' in ftp.sendcmd('FEAT'))
`,
    await serve(),
  );
  expect(out).toEqual([
    "['hello.txt', 'sub', 'zeros']",
    "[('hello.txt', 'file', '12')]",
    '250 /sub inner.txt 250 / 250 250',
    "['-rw-r--r--12']",
    "['hello, world'] 18 True",
  ]);
});

test('ftplib: a transfer is aborted, by urgent data, and the session goes on', async () => {
  const out = await python(
    `
sock = ftp.transfercmd('RETR zeros'); sock.recv(1000)
print(ftp.abort()[:3], ftp.voidresp()[:3]); sock.close()
print(ftp.size('hello.txt'), lines(ftp.retrlines, 'RETR hello.txt'), ftp.abort()[:3], ftp.pwd())
sock = ftp.transfercmd('RETR zeros'); sock.recv(1000); sock.close()
print(refused(ftp.voidresp), ftp.pwd())
`,
    await serve(),
  );
  expect(out).toEqual(['426 226', "12 ['hello, world'] 226 /", '426 /']);
});

test('curl gets, lists, resumes and stores', async () => {
  const port = await serve();
  const curl = async (path: string, ...args: string[]) => {
    const url = `ftp://me:secret@127.0.0.1:${port}/${path}`;
    const { code, stdout } = await runCommand('curl', ['-sS', '--max-time', '10', url, ...args]);
    return [code, stdout];
  };
  expect(await curl('hello.txt')).toEqual([0, 'hello, world']);
  expect(await curl('sub/inner.txt', '--disable-epsv')).toEqual([0, 'inner']);
  expect(await curl('hello.txt', '-P', '-')).toEqual([0, 'hello, world']);
  expect(await curl('hello.txt', '-C', '7')).toEqual([0, 'world']);
  expect((await curl(''))[1]).toMatch(/^-rw-r--r-- 1 ftp ftp +12 .* hello.txt\r?$/m);
  expect(await curl('sub/stored.txt', '-T', join(outside, 'secret.txt'))).toEqual([0, '']);
  expect(readFileSync(join(folder, 'sub', 'stored.txt'), 'utf8')).toBe('secret');
  expect(await curl('missing')).toEqual([78, '']);
});

test('there is no way out of the folder, and none in without the password', async () => {
  const port = await serve();
  const before = readdirSync(outside);
  const out = await python(
    `
for path in '../secret.txt', '/../secret.txt', 'sub/../../secret.txt', 'leak.txt', 'away/secret.txt':
    print(refused(ftp.retrbinary, 'RETR ' + path, print), refused(ftp.size, path))
for path in 'away/new.txt', 'leak.txt', 'missing/new.txt':
    print(refused(ftp.storbinary, 'STOR ' + path, io.BytesIO(b'new')))
print(refused(ftp.cwd, 'away'), refused(ftp.nlst, 'away'), ftp.storbinary('STOR ../up.txt', io.BytesIO(b'up'))[:3])
print(refused(ftp.sendcmd, 'PORT 10,0,0,1,200,0'), refused(ftp.sendcmd, 'PORT 127,0,0,1,0,25'), refused(ftp.sendcmd, 'RETR hello.txt'))
other = ftplib.FTP(); other.connect('127.0.0.1', int(sys.argv[1]))
print(refused(other.sendcmd, 'LIST'), [refused(other.login, 'me', word) for word in ('x', '', 'secre')])
`,
    port,
  );
  expect(out).toEqual([
    ...Array.from({ length: 5 }, () => '550 550'),
    ...Array.from({ length: 3 }, () => '550'),
    '550 550 226',
    '501 501 425',
    "530 ['530', '530', '421']",
  ]);
  expect(readdirSync(outside)).toEqual(before);
  expect(readFileSync(join(outside, 'secret.txt'), 'utf8')).toBe('secret');
  expect(readFileSync(join(folder, 'up.txt'), 'utf8')).toBe('up');
});

test('clients that are slow, silent, gone or say too much', async () => {
  const port = await serve('1');
  const [silent, slow, long, lazy] = [new Client(port), new Client(port), new Client(port), new Client(port)];
  const drip = setInterval(() => slow.socket.write('x'), 100);
  long.socket.write(`${'x'.repeat(100_000)}\r\nUSER me\r\n`);
  await long.receives('220 Ready\r\n500 Line too long\r\n331 ');
  lazy.socket.write('USER me\r\nPASS secret\r\nPASV\r\nLIST\r\n');
  await lazy.receives('425 No connection'); // nobody has connected
  await Promise.all([silent.closed, slow.closed, long.closed, lazy.closed]);
  clearInterval(drip);
  expect(silent.received).toBe('220 Ready\r\n421 Too slow\r\n');
  expect(slow.received).toBe('220 Ready\r\n421 Too slow\r\n');
  const out = await python(
    `
sock = ftp.transfercmd('RETR zeros')  # and never reads it
print(refused(ftp.voidresp))
`,
    port,
  );
  expect(out).toEqual(['426']);
});
