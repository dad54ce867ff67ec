// 'asyncore/socket': addresses in Python's shapes. Only literals are taken, nothing is cut off, and
// an abstract name is as long as it is given.
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { thrownBy } from '../support/failure.ts';
import { temporaryPath } from '../support/matrix.ts';

/** Binds a datagram socket and closes it: its address. */
function bind(family: number, address: unknown): unknown {
  const sock = new Socket(family, SOCK_DGRAM);
  try {
    Reflect.apply(sock.bind, sock, [address]);
    return sock.getsockname();
  } finally {
    sock.close();
  }
}

/** A path in the temporary folder that is `length` bytes long. */
function pathOf(length: number, letter = 'p'): string {
  const folder = `${dirname(temporaryPath())}/`;
  const [letters, size] = [(length - Buffer.byteLength(folder)) / Buffer.byteLength(letter), Buffer.byteLength(folder)];
  return folder + letter.repeat(Math.floor(letters)) + 'x'.repeat((length - size) % Buffer.byteLength(letter));
}

test('an IPv4 address has two parts and an IPv6 address four', () => {
  expect(bind(AF_INET, ['127.0.0.1', 0])).toEqual(['127.0.0.1', expect.any(Number)]);
  expect(bind(AF_INET, ['127.0.0.2', 0])).toEqual(['127.0.0.2', expect.any(Number)]);
  expect(bind(AF_INET6, ['::1', 0])).toEqual(['::1', expect.any(Number), 0, 0]);
  expect(bind(AF_INET6, ['::1', 0, 0, 0])).toEqual(['::1', expect.any(Number), 0, 0]);
});

test("'' is any address and 'localhost' is the loopback", () => {
  expect(bind(AF_INET, ['', 0])).toEqual(['0.0.0.0', expect.any(Number)]);
  expect(bind(AF_INET6, ['', 0])).toEqual(['::', expect.any(Number), 0, 0]);
  expect(bind(AF_INET, ['localhost', 0])).toEqual(['127.0.0.1', expect.any(Number)]);
  expect(bind(AF_INET6, ['localhost', 0])).toEqual(['::1', expect.any(Number), 0, 0]);
});

test('Socket refuses names and numbers that only a resolver takes', () => {
  for (const host of ['127.1', '0x7f.1', '2130706433', '0177.0.0.1', 'example.org', '127.0.0.1 ', '1.2.3.4.5', '::1']) {
    expect(() => bind(AF_INET, [host, 0]), host).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringContaining('address[0]'),
      }),
    );
  }
  expect(() => bind(AF_INET6, ['127.0.0.1', 0])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
});

test('an IPv6 scope is a number, or a name after %', () => {
  expect(() => bind(AF_INET6, ['fe80::1', 0, 0, 2 ** 31])).toThrow(expect.objectContaining({ name: 'RangeError' }));
  expect(() => bind(AF_INET6, ['fe80::1%nosuchinterface', 0])).toThrow(
    expect.objectContaining({ code: 'EINVAL', syscall: 'bind' }),
  );
  expect(bind(AF_INET6, ['::1%lo', 0])).toEqual(['::1', expect.any(Number), 0, 0]);
});

test('a port is an integer from 0 to 65535', () => {
  for (const port of [65536, -1, 1.5, Number.NaN, Infinity, 2 ** 32 + 80]) {
    expect(() => bind(AF_INET, ['127.0.0.1', port]), String(port)).toThrow(
      expect.objectContaining({ name: 'RangeError', message: expect.stringContaining('address[1]') }),
    );
  }
  for (const port of ['80', null, undefined, 80n, {}]) {
    expect(() => bind(AF_INET, ['127.0.0.1', port])).toThrow(expect.objectContaining({ name: 'TypeError' }));
  }
});

describe('paths', () => {
  test('107 bytes are bound under their full name, and 108 or more are ENAMETOOLONG', () => {
    for (const letter of ['p', 'é', '日']) {
      const path = pathOf(107, letter);
      expect(Buffer.byteLength(path)).toBe(107);
      expect(bind(AF_UNIX, path)).toBe(path);
      expect(existsSync(path)).toBe(true);
      for (const length of [108, 109, 500]) {
        const long = pathOf(length, letter);
        expect(() => bind(AF_UNIX, long), `${length}`).toThrow(expect.objectContaining({ code: 'ENAMETOOLONG' }));
        expect(existsSync(long)).toBe(false);
      }
    }
  });

  test('a NUL inside a path is refused, because the file would get another name', () => {
    const path = temporaryPath();
    expect(() => bind(AF_UNIX, `${path}\0.sock`)).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringContaining('address') }),
    );
    expect(existsSync(path)).toBe(false);
    expect(() => bind(AF_INET, ['127.0.0.1\0', 0])).toThrow(expect.objectContaining({ name: 'TypeError' }));
  });

  test('a socket without a name has the empty one', () => {
    const [one, two] = socketpair();
    expect([one.getsockname(), two.getpeername()]).toEqual(['', '']);
    for (const each of [one, two]) each.close();
  });

  test('the empty path lets the system choose an abstract name', () => {
    expect(bind(AF_UNIX, '')).toMatch(/^\0[0-9a-f]{5}$/);
  });

  test('an abstract name is exactly as long as given, NULs included', () => {
    for (const tail of ['name', 'a\0b', 'trailing\0', 'é']) {
      const address = `\0asyncore-${process.pid}-${tail}`;
      const sock = new Socket(AF_UNIX, SOCK_DGRAM);
      sock.bind(address);
      expect(sock.getsockname()).toBe(address);
      // The system shows NULs as @, and the name without padding.
      expect(readFileSync('/proc/net/unix', 'utf8')).toContain(` ${address.replaceAll('\0', '@')}\n`);
      sock.close();
    }
  });

  test('an abstract name has up to 108 bytes, its first NUL among them', () => {
    const most = `\0${'n'.repeat(107)}`;
    expect(bind(AF_UNIX, most)).toBe(most);
    expect(() => bind(AF_UNIX, `${most}n`)).toThrow(expect.objectContaining({ code: 'ENAMETOOLONG' }));
  });

  test('binding an existing file is EADDRINUSE and leaves the file as it is', () => {
    const path = temporaryPath();
    bind(AF_UNIX, path);
    const error = thrownBy(() => bind(AF_UNIX, path));
    expect(error).toMatchObject({ code: 'EADDRINUSE', address: path, message: `bind EADDRINUSE ${path}` });
    expect(existsSync(path)).toBe(true);
  });
});

test('addresses of the wrong shape are refused', () => {
  for (const address of [undefined, null, 80, 'path', {}, [], ['127.0.0.1'], ['::', 1, 2, 3, 4], [1, 2], [null, 0]]) {
    expect(() => bind(AF_INET, address)).toThrow(expect.objectContaining({ name: 'TypeError' }));
  }
  for (const address of [undefined, null, 80, {}, [], ['path', 0], new Uint16Array(4), new ArrayBuffer(4)]) {
    expect(() => bind(AF_UNIX, address)).toThrow(expect.objectContaining({ name: 'TypeError' }));
  }
});
