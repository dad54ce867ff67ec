// inetPton(), inetNtop() and the numbers of interfaces, against Python's.
import { expect, test } from 'vitest';
import { AF_INET, AF_INET6, AF_UNIX, ifIndexToName, ifNameToIndex, inetNtop, inetPton } from '../../lib/socket.ts';
import { runCommand } from '../support/child.ts';
import { thrownBy } from '../support/failure.ts';

const ADDRESSES: [family: number, text: string][] = [
  [AF_INET, '0.0.0.0'],
  [AF_INET, '127.0.0.1'],
  [AF_INET, '255.254.253.1'],
  [AF_INET6, '::'],
  [AF_INET6, '::1'],
  [AF_INET6, 'fe80::1:2'],
  [AF_INET6, '::ffff:1.2.3.4'],
  [AF_INET6, '2001:db8:0:0:1:0:0:1'],
];

test('addresses become the bytes and the text that Python makes of them', async () => {
  const script = `
import json, socket, sys
print(json.dumps([[b.hex(), socket.inet_ntop(f, b)] for f, b in
                  ((f, socket.inet_pton(f, t)) for f, t in json.loads(sys.argv[1]))]))`;
  const { stdout } = await runCommand('python3', ['-c', script, JSON.stringify(ADDRESSES)]);
  const ours = ADDRESSES.map(([family, text]) => {
    const bytes = inetPton(family, text);
    return [bytes.toString('hex'), inetNtop(family, bytes)];
  });
  expect(ours).toEqual(JSON.parse(stdout));
});

test('what is no address is refused', () => {
  for (const [family, text] of [
    [AF_INET, '1.2.3'],
    [AF_INET, '1.2.3.4\0'],
    [AF_INET, '::1'],
    [AF_INET6, '1.2.3.4'],
    [AF_INET6, 'fe80::1%lo'],
    [AF_UNIX, '1.2.3.4'],
    [AF_INET, 4],
  ]) {
    expect(thrownBy(() => Reflect.apply(inetPton, undefined, [family, text]))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
    });
  }
  for (const bytes of [Buffer.alloc(3), Buffer.alloc(16), 'abcd']) {
    expect(thrownBy(() => Reflect.apply(inetNtop, undefined, [AF_INET, bytes]))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
    });
  }
  expect(thrownBy(() => Reflect.apply(inetNtop, undefined, [AF_INET, 4]))).toMatchObject({
    code: 'ERR_INVALID_ARG_TYPE',
  });
});

test('interfaces have numbers, and numbers names', async () => {
  const { stdout } = await runCommand('python3', [
    '-c',
    'import socket, json; print(json.dumps(socket.if_nameindex()))',
  ]);
  const all: [number, string][] = JSON.parse(stdout);
  expect(all.length).toBeGreaterThan(0);
  for (const [index, name] of all) {
    expect(ifNameToIndex(name)).toBe(index);
    expect(ifIndexToName(index)).toBe(name);
  }
  expect(() => ifNameToIndex('no such one')).toThrow(expect.objectContaining({ code: 'ENODEV' }));
  expect(() => ifIndexToName(2 ** 31 - 1)).toThrow(expect.objectContaining({ code: 'ENXIO' }));
});
