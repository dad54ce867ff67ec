// FileWrapper, asyncore's file_wrapper: a duplicate of a descriptor with a socket's methods; and
// pipe(), which makes two.
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FileWrapper, pipe } from '../../lib/index.ts';
import { SO_ERROR, SO_REUSEADDR, SOL_SOCKET } from '../../lib/socket.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { isCloseOnExec, isNonBlocking, offsetOf } from '../support/flags.ts';
import { collectGarbage, hearWarnings } from '../support/garbage.ts';
import { temporaryPath } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

function fileWith(text: string): string {
  const path = temporaryPath();
  writeFileSync(path, text);
  return path;
}

/** A wrapper around a file of its own, whose original descriptor is closed. */
function wrap(path: string, flags = 'r'): FileWrapper {
  const fd = openSync(path, flags);
  const file = new FileWrapper(fd);
  closeSync(fd);
  return file;
}

test('a wrapper is a close-on-exec duplicate, and the original may be closed', () => {
  const fd = openSync(fileWith('It is a beautiful day'), 'r');
  const file = new FileWrapper(fd);
  expect(file.fd).not.toBe(fd);
  expect(file.fileno()).toBe(file.fd);
  expect(isCloseOnExec(file.fd)).toBe(true);
  closeSync(fd);
  expect(file.recv(2).toString()).toBe('It');
  expect(file.read(6).toString()).toBe(' is a ');
  file.close();
});

test('recv() is read() and send() is write(), at an offset shared with the original', () => {
  const path = fileWith('0123456789');
  const fd = openSync(path, 'r+');
  const file = new FileWrapper(fd);
  expect(file.recv(3).toString()).toBe('012');
  expect(offsetOf(fd)).toBe(3);
  const bytes = Buffer.alloc(2);
  readSync(fd, bytes);
  expect(bytes.toString()).toBe('34');
  const into = new Uint8Array(2);
  expect(file.recvInto(into)).toBe(2);
  expect(Buffer.from(into).toString()).toBe('56');
  expect(file.write('AB')).toBe(2);
  expect(file.send(Buffer.from('C'))).toBe(1);
  expect(readFileSync(path, 'utf8')).toBe('0123456ABC');
  writeSync(fd, 'D');
  expect(file.recv(10)).toHaveLength(0);
  closeSync(fd);
  file.close();
});

test('the wrapper handles neither EAGAIN, which it throws, nor the end, which is an empty Buffer', () => {
  const [reader, writer] = pipe();
  expect(() => reader.recv(1)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'read' }));
  writer.send('x');
  writer.close();
  expect(reader.recv(10).toString()).toBe('x');
  expect(reader.recv(10)).toHaveLength(0);
  expect(reader.fd).toBeGreaterThan(2);
  reader.close();
});

test('getsockopt() answers 0 for SO_ERROR and refuses everything else', () => {
  const file = wrap('/dev/null');
  expect(file.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
  const unknown = expect.objectContaining({ code: 'ERR_METHOD_NOT_IMPLEMENTED' });
  expect(() => file.getsockopt(SOL_SOCKET, SO_REUSEADDR)).toThrow(unknown);
  expect(() => file.getsockopt(0, SO_ERROR)).toThrow(unknown);
  file.close();
});

test('a second close() is silent, and an error of the first is thrown once', () => {
  const file = wrap('/dev/null');
  file.close();
  expect(file.fd).toBe(-1);
  file.close();

  const robbed = wrap('/dev/null');
  closeSync(robbed.fd);
  expect(() => robbed.close()).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'close' }));
  expect(robbed.fd).toBe(-1);
  robbed.close();
});

test('every call after close() is EBADF, even if the number is in use again', () => {
  const original = openSync(fileWith('mine'), 'r');
  const file = new FileWrapper(original);
  const number = file.fd;
  file.close();
  const other = openSync(fileWith('theirs'), 'r+');
  expect(other).toBe(number);
  const closed = (syscall: string) => expect.objectContaining({ name: 'SystemError', code: 'EBADF', syscall });
  expect(() => file.recv(1)).toThrow(closed('read'));
  expect(() => file.read(1)).toThrow(closed('read'));
  expect(() => file.recvInto(new Uint8Array(1))).toThrow(closed('read'));
  expect(() => file.send('x')).toThrow(closed('write'));
  expect(() => file.write('x')).toThrow(closed('write'));
  expect(() => file.setBlocking(false)).toThrow(closed('fcntl'));
  expect(() => file.setBlocking(true)).toThrow(closed('fcntl'));
  expect(file.fileno()).toBe(-1);
  expect(offsetOf(other)).toBe(0);
  expect(isNonBlocking(other)).toBe(false);
  closeSync(other);
  closeSync(original);
});

test('a wrapper that is dropped while open is closed when it is collected, with a warning', async () => {
  const { warnings, stop } = hearWarnings();
  const drop = () => wrap(fileWith('dropped')).fd;
  const fd = drop();
  expect(openDescriptors().has(fd)).toBe(true);
  await eventually(() => {
    collectGarbage();
    return warnings.length > 0;
  }, 'no warning');
  stop();
  expect(warnings[0]).toMatchObject({ name: 'ResourceWarning' });
  expect(warnings[0]?.message).toContain(`unclosed file fd=${fd}`);
  expect(openDescriptors().has(fd)).toBe(false);
});

test('a wrapper that was closed in time is collected without a warning', async () => {
  const { warnings, stop } = hearWarnings();
  const collected: string[] = [];
  const registry = new FinalizationRegistry<string>((what) => collected.push(what));
  const use = () => {
    const file = wrap('/dev/null');
    registry.register(file, 'file');
    file.close();
  };
  use();
  await eventually(() => {
    collectGarbage();
    return collected.length > 0;
  }, 'not collected');
  await new Promise(setImmediate);
  stop();
  expect(warnings).toEqual([]);
});

test('descriptor 0 can be wrapped like any other', () => {
  const file = new FileWrapper(0);
  expect(file.fd).toBeGreaterThan(2);
  file.close();
});

test('pipe() makes two ends that are close-on-exec and non-blocking', () => {
  const [reader, writer] = pipe();
  for (const { fd } of [reader, writer]) {
    expect(isCloseOnExec(fd)).toBe(true);
    expect(isNonBlocking(fd)).toBe(true);
  }
  const full = Buffer.alloc(1 << 20);
  expect(writer.send(full)).toBeLessThan(full.length);
  expect(() => writer.send(full)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'write' }));
  reader.close();
  expect(() => writer.send('x')).toThrow(expect.objectContaining({ code: 'EPIPE', syscall: 'write' }));
  writer.close();
});
