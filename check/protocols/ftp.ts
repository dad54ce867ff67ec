// examples/ftp_server.ts: 100 MB both ways by hash, with three clients, passive and active.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { client, expectWhole, FOLDER, largeFile, rated, SIZE, serving, type Trial } from './trial.ts';

const SHARED = join(FOLDER, 'shared');

/** Stores the large file with `put`, gets it back with `get`, and looks at both copies. */
async function bothWays(
  name: string,
  put: (port: number, file: string) => Promise<unknown>,
  get: (port: number, back: string) => Promise<unknown>,
): Promise<string> {
  mkdirSync(SHARED, { recursive: true });
  const { path } = await largeFile();
  const back = join(FOLDER, `${name}.back`);
  return serving('ftp_server', [SHARED, '0', 'me:secret', '60'], async (port) => {
    const up = await rated(SIZE, () => put(port, path));
    await expectWhole(join(SHARED, name));
    const down = await rated(SIZE, () => get(port, back));
    await expectWhole(back);
    return `up ${up}, down ${down}`;
  });
}

function lftp(name: string, isPassive: boolean): Promise<string> {
  const run = (port: number, command: string) => {
    const settings = `set net:max-retries 1; set cmd:fail-exit yes; set ftp:passive-mode ${isPassive}`;
    const login = ['--norc', '-u', 'me,secret', '-p', String(port), '127.0.0.1'];
    return client('lftp', [...login, '-e', `${settings}; ${command}; bye`]);
  };
  return bothWays(
    name,
    (port, file) => run(port, `put ${file} -o ${name}`),
    (port, back) => run(port, `get ${name} -o ${back}`),
  );
}

const FTPLIB = `
import ftplib, sys
verb, port, file, name, passive = sys.argv[1:]
ftp = ftplib.FTP(); ftp.connect('127.0.0.1', int(port), 60); ftp.login('me', 'secret'); ftp.set_pasv(passive == 'true')
if verb == 'put': ftp.storbinary('STOR ' + name, open(file, 'rb'), 65536)
else: ftp.retrbinary('RETR ' + name, open(file, 'wb').write, 65536)
ftp.quit()
`;

function ftplib(name: string, isPassive: boolean): Promise<string> {
  const run = (verb: string) => (port: number, file: string) =>
    client('python3', ['-c', FTPLIB, verb, String(port), file, name, String(isPassive)]);
  return bothWays(name, run('put'), run('get'));
}

function curl(name: string, ...mode: string[]): Promise<string> {
  const run = (port: number, ...args: string[]) =>
    client('curl', ['-sS', ...mode, ...args, `ftp://me:secret@127.0.0.1:${port}/${name}`]);
  return bothWays(
    name,
    (port, file) => run(port, '-T', file),
    (port, back) => run(port, '-o', back),
  );
}

export const trials: readonly Trial[] = [
  { name: 'FTP: lftp, passive', needs: ['lftp'], run: () => lftp('lftp-passive', true) },
  { name: 'FTP: lftp, active', needs: ['lftp'], run: () => lftp('lftp-active', false) },
  { name: 'FTP: curl, passive', needs: ['curl'], run: () => curl('curl-passive') },
  { name: 'FTP: curl, active', needs: ['curl'], run: () => curl('curl-active', '-P', '-') },
  { name: "FTP: Python's ftplib, passive", needs: ['python3'], run: () => ftplib('ftplib-passive', true) },
  { name: "FTP: Python's ftplib, active", needs: ['python3'], run: () => ftplib('ftplib-active', false) },
];
