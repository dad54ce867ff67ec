// recv(), recvInto() and send() of a Dispatcher on a socketpair, beside fs.readSync() on a pipe.
import { readSync } from 'node:fs';
import { type ChannelMap, Dispatcher, pipe } from 'asyncore';
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

function prepareReadSync(size: number): Prepared {
  const [reader, writer] = pipe();
  const message = Buffer.alloc(size, 'x');
  const view = buffer.subarray(0, size);
  return {
    before() {
      writer.write(message);
    },
    run() {
      readSync(reader.fd, view);
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
  return [
    task('recv', 'recv()', BATCH, () => prepareReceive(size, (from) => from.recv(size))),
    task('recv-into', 'recvInto()', BATCH, () => prepareReceive(size, (from) => from.recvInto(view))),
    task('send', 'send()', BATCH, () => prepareSend(size)),
    task('read-sync', 'fs.readSync() from a pipe, for comparison', 1, () => prepareReadSync(size)),
  ];
}

export const transferTasks: readonly MicroTask[] = [...tasksOf(64, '64 B'), ...tasksOf(16384, '16 KiB')];
