// Whatever a FileDispatcher can be made of, select() and Poll take, too: numbers, objects with fileno(),
// and objects with fd, like process.stdin.
import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type ChannelMap, FileDispatcher, type FileLike, pipe } from '../../lib/index.ts';
import { POLLIN, Poll, select, selectSync } from '../../lib/select.ts';

test('numbers, and objects with fileno() or fd, are descriptors everywhere', async () => {
  const [reader, writer] = pipe();
  writer.send('x');
  const items: FileLike[] = [reader, reader.fd, { fd: reader.fd }, { fileno: () => reader.fd }];
  for (const item of items) {
    expect(await select([item], [], [], 1)).toEqual([[item], [], []]);
    expect(selectSync([item], [], [], 1)[0][0]).toBe(item);
    const poller = new Poll();
    poller.register(item, 0);
    expect(poller.pollSync(0)).toEqual([]);
    poller.modify(item, POLLIN);
    expect(await poller.poll(1)).toEqual([[reader.fd, POLLIN]]);
    poller.unregister(item);
    expect(poller.pollSync(0)).toEqual([]);
    const map: ChannelMap = new Map();
    const channel = new FileDispatcher(item, map);
    expect(map.size).toBe(1);
    channel.close();
  }
  reader.close();
  writer.close();
});

test("Node's own files are descriptors", async () => {
  const file = await open('/dev/null');
  const fd = openSync('/dev/null', 'r');
  expect(await select([file, { fd }], [], [], 1)).toEqual([[file, { fd }], [], []]);
  expect(selectSync([], [process.stdout], [], 0)[1].length).toBeLessThan(2);
  await file.close();
  closeSync(fd);
});

test('what has no descriptor is refused, with the name of the argument', () => {
  const [wrong] = JSON.parse('[{"fd": null}]');
  for (const call of [
    () => selectSync([wrong], [], []),
    () => new Poll().register(wrong),
    () => new FileDispatcher(wrong, new Map()),
  ]) {
    expect(call).toThrow(/"(r\[0\]|fd|file)\.fd" argument must be of type number/);
  }
});
