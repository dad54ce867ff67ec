// FileDispatcher, asyncore's file_dispatcher: pipes, files and devices as channels.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, FileDispatcher, FileWrapper, pipe } from '../../lib/index.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { isCloseOnExec, isNonBlocking } from '../support/flags.ts';
import { passesUntil, temporaryPath, WAYS } from '../support/matrix.ts';

type Source = ConstructorParameters<typeof FileDispatcher>[0];

class Reader extends FileDispatcher {
  readonly events: (string | number)[] = [];
  text = '';
  readonly size: number;
  constructor(file: Source, map: ChannelMap, size = 3) {
    super(file, map);
    this.size = size;
  }
  override writable() {
    return false;
  }
  override handleRead() {
    const data = this.recv(this.size);
    this.text += data;
    this.events.push(data.length);
  }
  override handleExpt() {
    this.events.push('expt');
  }
  override handleClose() {
    this.events.push('close');
    this.close();
  }
}

test('a FileDispatcher takes a number or an object with fd or fileno(), is connected, and is in the map under its duplicate', () => {
  const fd = openSync('/dev/null', 'r');
  const map: ChannelMap = new Map();
  for (const file of [fd, { fd }, { fileno: () => fd }]) {
    const channel = new FileDispatcher(file, map);
    expect(channel.connected).toBe(true);
    expect(channel.addr).toBe(null);
    expect(channel.fileno()).not.toBe(fd);
    expect(channel.fileno()).toBe(channel.socket?.fd);
    expect(isCloseOnExec(channel.fileno())).toBe(true);
    expect([...map]).toEqual([[channel.fileno(), channel]]);
    channel.close();
    expect(map.size).toBe(0);
  }
  closeSync(fd);
});

test('a descriptor that is not open is EBADF, and leaves the map and the descriptors as they were', () => {
  const map: ChannelMap = new Map();
  const before = openDescriptors();
  const refused = expect.objectContaining({ name: 'SystemError', code: 'EBADF', syscall: 'dup' });
  expect(() => new FileDispatcher(1_000_000, map)).toThrow(refused);
  expect(() => new FileDispatcher({ fd: 1_000_000 }, map)).toThrow(refused);
  expect(() => new FileDispatcher({ fileno: () => 1_000_000 }, map)).toThrow(refused);
  expect(map.size).toBe(0);
  expect(openDescriptors()).toEqual(before);
});

test('descriptor 0 is duplicated like any other', () => {
  const map: ChannelMap = new Map();
  const channel = new FileDispatcher(0, map);
  expect(channel.fileno()).toBeGreaterThan(2);
  channel.close();
});

test('an exceptional event of a file calls handleExpt, because a file has no pending error', () => {
  const map: ChannelMap = new Map();
  const channel = new Reader(openSync('/dev/null', 'r'), map);
  channel.handleExptEvent();
  expect(channel.events).toEqual(['expt']);
  closeSync(channel.fileno() - 1);
  channel.close();
});

test('send() keeps nothing: it returns what a full pipe took, and writable() stays true', () => {
  const [reader, writer] = pipe();
  const map: ChannelMap = new Map();
  const channel = new FileDispatcher(writer, map);
  writer.close();
  expect(channel.writable()).toBe(true);
  expect(channel).not.toHaveProperty('outBuffer');
  const much = Buffer.alloc(1 << 20);
  const taken = channel.send(much);
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(much.length);
  expect(channel.send(much)).toBe(0);
  expect(reader.recv(1 << 20)).toHaveLength(taken);
  channel.close();
  reader.close();
});

test('setFile() takes another file, and neither closes the previous one nor removes it from the map; close() leaves all entries', () => {
  const map: ChannelMap = new Map();
  const [one, two] = [temporaryPath(), temporaryPath()];
  writeFileSync(one, 'one');
  writeFileSync(two, 'two');
  const [first, second] = [openSync(one, 'r'), openSync(two, 'r')];
  const channel = new FileDispatcher(first, map);
  const before = channel.socket;
  channel.setFile(second);
  expect(before?.recv(3).toString()).toBe('one');
  expect(channel.recv(3).toString()).toBe('two');
  expect([...map.keys()]).toEqual([before?.fd, channel.fileno()]);
  channel.close();
  expect(map.size).toBe(0);
  // The previous file is still open.
  expect(before?.recv(1)).toHaveLength(0);
  before?.close();
  closeSync(first);
  closeSync(second);
});

test('neither the constructor nor setFile() sets O_NONBLOCK', () => {
  const map: ChannelMap = new Map();
  const paths = [temporaryPath(), temporaryPath()];
  for (const path of paths) execFileSync('mkfifo', [path]);
  const [first = -1, second = -1] = paths.map((path) => openSync(path, 'r+'));
  const channel = new FileDispatcher(first, map);
  const previous = channel.socket;
  channel.setFile(second);
  expect([first, second].map(isNonBlocking)).toEqual([false, false]);
  channel.close();
  previous?.close();
  for (const fd of [first, second]) closeSync(fd);
});

test('setFile() of a descriptor that is not open leaves the channel with the file it has', () => {
  const map: ChannelMap = new Map();
  const [reader, writer] = pipe();
  const channel = new FileDispatcher(reader, map);
  const before = channel.socket;
  expect(() => channel.setFile(1_000_000)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(channel.socket).toBe(before);
  expect([...map.keys()]).toEqual([before?.fd]);
  channel.close();
  reader.close();
  writer.close();
});

describe.each(WAYS)('$name', (way) => {
  test('a regular file is ready in every pass until its end, which closes the channel', async () => {
    const path = temporaryPath();
    writeFileSync(path, 'abc');
    const fd = openSync(path, 'r');
    const map: ChannelMap = new Map();
    const channel = new Reader(fd, map, 3);
    closeSync(fd);
    await way.passes(1, 0, map);
    expect(channel.events).toEqual([3]);
    await way.passes(1, 0, map);
    expect(channel.events).toEqual([3, 'close', 0]);
    expect(map.size).toBe(0);
  });

  test('a large file is read completely, piece by piece', async () => {
    const path = temporaryPath();
    const content = 'line of a file\n'.repeat(5000);
    writeFileSync(path, content);
    const fd = openSync(path, 'r');
    const map: ChannelMap = new Map();
    const channel = new Reader(fd, map, 4096);
    closeSync(fd);
    await passesUntil(way, () => map.size === 0, map);
    expect(channel.text).toBe(content);
    expect(channel.events.filter((event) => event === 'close')).toHaveLength(1);
  });

  test('a pipe delivers everything that was written before its end', async () => {
    const [reader, writer] = pipe();
    const map: ChannelMap = new Map();
    const channel = new Reader(reader, map, 10);
    reader.close();
    await way.passes(1, 0, map);
    expect(channel.events).toEqual([]);
    writer.send('x'.repeat(95));
    writer.close();
    await passesUntil(way, () => map.size === 0, map);
    expect(channel.text).toBe('x'.repeat(95));
    expect(channel.events.filter((event) => event === 'close')).toHaveLength(1);
  });

  test('a channel writes to a file as long as it is writable', async () => {
    const path = temporaryPath();
    const fd = openSync(path, 'w');
    const map: ChannelMap = new Map();
    class Writer extends FileDispatcher {
      left = ['first\n', 'second\n', 'third\n'];
      override readable() {
        return false;
      }
      override writable() {
        return this.left.length > 0;
      }
      override handleWrite() {
        this.send(this.left.shift() ?? '');
        if (this.left.length === 0) this.close();
      }
    }
    new Writer(fd, map);
    closeSync(fd);
    await way.passes(10, 0.01, map);
    expect(readFileSync(path, 'utf8')).toBe('first\nsecond\nthird\n');
    expect(map.size).toBe(0);
  });

  test('AsyncChat runs a line protocol over pipes', async () => {
    const [input, inputEnd] = pipe();
    const map: ChannelMap = new Map();
    class Lines extends AsyncChat<FileWrapper> {
      readonly lines: string[] = [];
      constructor(file: FileWrapper) {
        super(null, map);
        this.setSocket(file);
        this.connected = true;
        this.setTerminator('\n');
      }
      override writable() {
        return false;
      }
      override collectIncomingData(data: Buffer) {
        this._collectIncomingData(data);
      }
      override foundTerminator() {
        this.lines.push(this._getData().toString());
      }
    }
    const channel = new Lines(new FileWrapper(input.fd));
    input.close();
    inputEnd.send('one\ntw');
    await way.passes(1, 0.5, map);
    inputEnd.send('o\nthree\n');
    inputEnd.close();
    await passesUntil(way, () => map.size === 0, map);
    expect(channel.lines).toEqual(['one', 'two', 'three']);
  });
});
