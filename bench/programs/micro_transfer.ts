// recv(), recvInto() and send() of a Dispatcher on a socketpair, and of a FileWrapper on a pipe beside
// fs.readSync() and fs.writeSync() there.
import { readSync, writeSync } from 'node:fs';
import { type ChannelMap, Dispatcher, type FileWrapper, pipe } from 'asyncore';
import { type Socket, socketpair } from 'asyncore/socket';
import type { MicroTask, Prepared } from './micro_tasks.ts';

/** Small enough that all of it fits into the socket's buffer. */
const BATCH = 8;
const buffer = Buffer.alloc(65536);

function connected(): { near: Dispatcher; far: Socket; close(): void } {
  const map: ChannelMap = new Map();
  const [one, far] = socketpair();
  far.setBlocking(false);
  const near = new Dispatcher(one, map);
  const close = (): void => {
    near.close();
    far.close();
  };
  return { near, far, close };
}

function prepareReceive(size: number, receive: (from: Dispatcher) => void): Prepared {
  const { near, far, close } = connected();
  const message = Buffer.alloc(size, 'x');
  return {
    before() {
      for (let i = 0; i < BATCH; i++) far.send(message);
    },
    run() {
      for (let i = 0; i < BATCH; i++) receive(near);
    },
    close,
  };
}

function prepareSend(size: number): Prepared {
  const { near, far, close } = connected();
  const message = Buffer.alloc(size, 'x');
  return {
    run() {
      for (let i = 0; i < BATCH; i++) near.send(message);
    },
    after() {
      for (let left = BATCH * size; left > 0; ) left -= far.recvInto(buffer);
    },
    close,
  };
}

/** How many times a pipe of the usual size takes `size` bytes. */
const pipeful = (size: number): number => Math.min(BATCH, 65536 / size);

function prepareRead(size: number, read: (from: FileWrapper) => void): Prepared {
  const [reader, writer] = pipe();
  const times = pipeful(size);
  const message = Buffer.alloc(times * size, 'x');
  reader.setBlocking(false);
  return {
    before() {
      writer.write(message);
    },
    run() {
      for (let i = 0; i < times; i++) read(reader);
    },
    close() {
      reader.close();
      writer.close();
    },
  };
}

function prepareWrite(size: number, write: (to: FileWrapper, message: Buffer) => void): Prepared {
  const [reader, writer] = pipe();
  const times = pipeful(size);
  const message = Buffer.alloc(size, 'x');
  writer.setBlocking(false);
  return {
    run() {
      for (let i = 0; i < times; i++) write(writer, message);
    },
    after() {
      for (let left = times * size; left > 0; ) left -= reader.recvInto(buffer);
    },
    close() {
      reader.close();
      writer.close();
    },
  };
}

function tasksOf(size: number, label: string): MicroTask[] {
  const view = buffer.subarray(0, size);
  const task = (name: string, title: string, times: number, prepare: () => Prepared): MicroTask => ({
    name: `${name}-${size}`,
    title: `${title}, ${label}`,
    unit: 'ns',
    times,
    prepare,
  });
  const pipes = pipeful(size);
  return [
    task('recv', 'recv()', BATCH, () => prepareReceive(size, (from) => from.recv(size))),
    task('recv-into', 'recvInto()', BATCH, () => prepareReceive(size, (from) => from.recvInto(view))),
    task('send', 'send()', BATCH, () => prepareSend(size)),
    task('file-recv', 'recv() from a pipe', pipes, () => prepareRead(size, (from) => from.recv(size))),
    task('file-recv-into', 'recvInto() from a pipe', pipes, () => prepareRead(size, (from) => from.recvInto(view))),
    task('read-sync', 'fs.readSync() from a pipe', pipes, () => prepareRead(size, ({ fd }) => readSync(fd, view))),
    task('file-send', 'send() to a pipe', pipes, () => prepareWrite(size, (to, message) => to.send(message))),
    task('write-sync', 'fs.writeSync() to a pipe', pipes, () =>
      prepareWrite(size, ({ fd }, message) => writeSync(fd, message)),
    ),
  ];
}

export const transferTasks: readonly MicroTask[] = [...tasksOf(64, '64 B'), ...tasksOf(16384, '16 KiB')];
