// FileDispatcher.open() and FileWrapper.open(): files, FIFOs and devices by their path.
import { execFileSync, spawn } from 'node:child_process';
import { constants, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { type ChannelMap, FileDispatcher, FileWrapper } from '../../lib/index.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { thrownBy } from '../support/failure.ts';
import { isCloseOnExec, isNonBlocking } from '../support/flags.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { wrong } from '../support/state.ts';

const folder = mkdtempSync(join(tmpdir(), 'asyncore-open-'));
afterAll(() => rmSync(folder, { recursive: true }));

function newFifo(name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
}

class Reader extends FileDispatcher {
  text = '';
  ended = 0;
  override writable() {
    return false;
  }
  override handleRead() {
    this.text += this.recv(100);
  }
  override handleClose() {
    this.ended++;
    this.close();
  }
}

class Writer extends FileDispatcher {
  override readable() {
    return false;
  }
  override handleWrite() {
    this.send('hello');
    this.close();
  }
}

for (const way of WAYS) {
  test(`a FIFO is opened without waiting for its other end, at either end (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const path = newFifo(`both ${way.name}`);
    const reader = Reader.open(path, 'r', { map });
    expect(reader).toBeInstanceOf(Reader);
    const writer = Writer.open(path, 'w', { map });
    expect([...map.values()]).toEqual([reader, writer]);
    await passesUntil(way, () => reader.ended > 0, map);
    expect([reader.text, reader.ended, map.size]).toEqual(['hello', 1, 0]);
  });
}

test('what another process writes arrives, and its end', async () => {
  const map: ChannelMap = new Map();
  const path = newFifo('other');
  const reader = Reader.open(path, constants.O_RDONLY, { map });
  spawn('sh', ['-c', 'echo there > "$1"', 'sh', path]);
  for (const way of WAYS) await passesUntil(way, () => reader.ended > 0, map);
  expect(reader.text).toBe('there\n');
});

test('to open a FIFO for writing without a reader is ENXIO, and with r+ it is none', () => {
  const path = newFifo('lonely');
  const before = openDescriptors();
  const map: ChannelMap = new Map();
  expect(thrownBy(() => Writer.open(path, 'w', { map }))).toMatchObject({
    name: 'SystemError',
    code: 'ENXIO',
    syscall: 'open',
    path,
    message: `ENXIO: no such device or address, open '${path}'`,
  });
  expect([map.size, openDescriptors()]).toEqual([0, before]);
  const both = Reader.open(path, 'r+', { map });
  expect(both.send('x')).toBe(1);
  expect(both.recv(5).toString()).toBe('x');
  both.close();
});

test('the file is owned, inherited by nobody, and closed with the channel', () => {
  const before = openDescriptors();
  const map: ChannelMap = new Map();
  const channel = Reader.open('/dev/null', 'r', { map });
  expect(isCloseOnExec(channel.fileno())).toBe(true);
  expect(openDescriptors().size).toBe(before.size + 1);
  channel.close();
  const file = FileWrapper.open('/dev/zero');
  expect([isCloseOnExec(file.fd), isNonBlocking(file.fd)]).toEqual([true, true]);
  expect(file.recv(3)).toEqual(Buffer.alloc(3));
  file.close();
  expect(openDescriptors()).toEqual(before);
});

test('flags and rights are those of fs.open()', () => {
  const path = join(folder, 'file');
  const file = FileWrapper.open(path, 'wx', 0o600);
  file.write('one');
  file.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(thrownBy(() => FileWrapper.open(path, 'wx'))).toMatchObject({ code: 'EEXIST', path });
  const more = FileWrapper.open(pathToFileURL(path), 'a');
  more.write('two');
  more.close();
  expect(readFileSync(path, 'utf8')).toBe('onetwo');
  FileWrapper.open(Buffer.from(path), 'w').close();
  expect(statSync(path).size).toBe(0);
});

test('a path that is not UTF-8 is bytes, in errors too', () => {
  const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x0a])]);
  expect(thrownBy(() => FileWrapper.open(path))).toMatchObject({ code: 'ENOENT', path: `${folder}/\\xff\\x0a` });
  writeFileSync(path, 'x');
  const file = FileWrapper.open(path);
  expect(file.recv(5).toString()).toBe('x');
  file.close();
});

describe('refused before anything is opened', () => {
  const calls: [string, () => unknown, string][] = [
    ['a path of another type', () => Reader.open(wrong(5)), 'ERR_INVALID_ARG_TYPE'],
    ['a path with NUL', () => Reader.open('/dev/null\0x'), 'ERR_INVALID_ARG_VALUE'],
    ['unknown flags', () => Reader.open('/dev/null', 'rw'), 'ERR_INVALID_ARG_VALUE'],
    ['flags of another type', () => Reader.open('/dev/null', wrong(null)), 'ERR_INVALID_ARG_TYPE'],
    ['flags out of range', () => Reader.open('/dev/null', 2 ** 32), 'ERR_OUT_OF_RANGE'],
    ['a mode out of range', () => Reader.open('/dev/null', 'r', { mode: 0o10000 }), 'ERR_OUT_OF_RANGE'],
    ['options of another type', () => Reader.open('/dev/null', 'r', wrong('x')), 'ERR_INVALID_ARG_TYPE'],
    ['a map of another type', () => Reader.open('/dev/null', 'r', { map: wrong({}) }), 'ERR_INVALID_ARG_TYPE'],
  ];
  for (const [what, call, code] of calls) {
    test(what, () => {
      const before = openDescriptors();
      expect(thrownBy(call)).toMatchObject({ code });
      expect(openDescriptors()).toEqual(before);
    });
  }
});
