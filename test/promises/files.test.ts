// 'asyncore/promises' over files: a FIFO without a writer is waited for, and what may block does not.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FileDispatcher, FileWrapper, pipe } from '../../lib/index.ts';
import { EventFd } from '../../lib/linux.ts';
import { chunks, lines, type SourceLike, sockAccept, sockRecv, sockRecvInto, sockSendall } from '../../lib/promises.ts';
import { AF_INET, socketpair } from '../../lib/socket.ts';
import { BACKENDS, temporaryPath } from '../support/matrix.ts';
import { fill, listening } from '../support/pair.ts';
import { served } from '../support/streams.ts';

async function all(source: SourceLike, over: typeof chunks | typeof lines): Promise<string> {
  let text = '';
  for await (const piece of over(source)) text += piece;
  return text.trimEnd();
}

const READS: [name: string, read: (path: string) => Promise<string>][] = [
  ['sockRecv()', async (path) => `${await sockRecv(opened(path), 100)}`.trimEnd()],
  [
    'sockRecvInto()',
    async (path) => {
      const view = Buffer.alloc(100);
      return view.toString('utf8', 0, await sockRecvInto(opened(path), view)).trimEnd();
    },
  ],
  ['chunks()', (path) => all(opened(path), chunks)],
  ['lines()', (path) => all(opened(path), lines)],
  ['lines() of a number', (path) => all(opened(path).fd, lines)],
  ...BACKENDS.map((backend): (typeof READS)[number] => [
    `lines() of a channel (${backend})`,
    (path) =>
      all(
        served(backend, (map) => FileDispatcher.open(path, 'r', { map })),
        lines,
      ),
  ]),
];

function opened(path: string): FileWrapper {
  const file = FileWrapper.open(path);
  onTestFinished(() => file.close());
  return file;
}

test.each(READS)('%s waits for the first writer of a FIFO', async (_name, read) => {
  const path = temporaryPath();
  execFileSync('mkfifo', [path]);
  let isOver = false;
  const reading = read(path).finally(() => {
    isOver = true;
  });
  await sleep(30);
  expect(isOver).toBe(false);
  const writer = openSync(path, 'w');
  writeSync(writer, 'hello\n');
  closeSync(writer);
  expect(await reading).toBe('hello');
});

test('what cannot be received is refused at once', async () => {
  const [reader, writer] = pipe();
  await expect(sockRecv(reader, -1)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  await expect(Reflect.apply(sockRecvInto, undefined, [reader, 'x'])).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG_TYPE',
  });
  for (const end of [reader, writer]) end.close();
  await expect(sockRecv(reader, 1)).rejects.toMatchObject({ code: 'EBADF' });
});

interface Closable {
  close(): void;
}

function closing(...files: Closable[]): void {
  onTestFinished(() => {
    for (const file of files) file.close();
  });
}

/** A second later, another process does something with a descriptor, so that what blocks does not for ever. */
function later(command: string, fd: number): void {
  spawn('sh', ['-c', `sleep 1; ${command}`], { stdio: [fd, fd, 'inherit'] });
}

/** A pipe that is full but for a page, and waits. */
function almostFull(): [FileWrapper, FileWrapper] {
  const [reader, writer] = pipe();
  expect(() => {
    for (;;) writer.send(Buffer.alloc(4096));
  }).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  expect(reader.recv(4096)).toHaveLength(4096);
  writer.setBlocking(true);
  closing(reader, writer);
  return [reader, writer];
}

type Wait = (options: { timeout: number } | { signal: AbortSignal }) => Promise<unknown>;

/** Calls on what may block, and then one that does, to see that it still may. */
const BLOCKING: Record<string, () => [wait: Wait, block: () => unknown, result: unknown]> = {
  'sockRecv() of a number': () => {
    const [reader, writer] = pipe();
    reader.setBlocking(true);
    const file = new FileWrapper(reader.fd);
    closing(reader, writer, file);
    later('printf late', writer.fd);
    return [(options) => sockRecv(file, 4, options), () => String(file.recv(4)), 'late'];
  },
  'sockRecvInto() of a Socket': () => {
    const [here, there] = socketpair();
    here.setBlocking(true);
    closing(here, there);
    later('printf late', there.fileno());
    return [(options) => sockRecvInto(here, Buffer.alloc(4), options), () => String(here.recv(4)), 'late'];
  },
  'sockSendall() to a pipe with some room': () => {
    const [reader, writer] = almostFull();
    later('cat >/dev/null', reader.fd);
    return [(options) => sockSendall(writer, Buffer.alloc(10_000), options), () => writer.send('x'), 1];
  },
  'sockSendall() to a Socket': () => {
    const [here, there] = socketpair();
    fill(here);
    here.setBlocking(true);
    closing(here, there);
    later('cat >/dev/null', there.fileno());
    return [(options) => sockSendall(here, 'x', options), () => here.send('x'), 1];
  },
  'sockAccept()': () => {
    const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
    listener.setBlocking(true);
    closing(listener);
    const [host, port] = listener.getsockname();
    const connect = `require('net').connect(${port}, '${host}')`;
    spawn('sh', ['-c', `sleep 1; exec "$0" -e "${connect}.on('close', () => {})"`, process.execPath]);
    const accept = () => {
      const [sock] = listener.accept();
      sock.close();
      return sock.family;
    };
    return [(options) => sockAccept(listener, options), accept, AF_INET];
  },
  'sockSendall() to an EventFd': () => {
    const event = new EventFd();
    event.write(2n ** 64n - 2n);
    event.setBlocking(true);
    closing(event);
    later('head -c 8 >/dev/null', event.fd);
    const one = new Uint8Array(BigUint64Array.of(1n).buffer);
    return [(options) => sockSendall(event, one, options), () => event.send(one), 8];
  },
};

describe.each(Object.entries(BLOCKING))('%s', (_name, make) => {
  test('does not block where others do: a time and a signal end it', async () => {
    const [wait, block, result] = make();
    await expect(wait({ timeout: 0.03 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await expect(wait({ signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ code: 'ABORT_ERR' });
    expect(block()).toEqual(result);
  });
});
