// `using` and `await using`: what can be closed is closed at the end of the block, an error or not.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AsyncChat, channelMap, Dispatcher, FileDispatcher, FileWrapper, loop, pipe } from '../../lib/index.ts';
import { TimerFd } from '../../lib/linux.ts';
import { chunks, lines } from '../../lib/promises.ts';
import { POLLIN, Poll } from '../../lib/select.ts';
import { DefaultSelector, EVENT_READ } from '../../lib/selectors.ts';
import { Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadable, toWritable } from '../../lib/stream.ts';

describe('at the end of its block', () => {
  test('a socket, a file and the ends of a pipe are closed', () => {
    const seen: { fileno(): number }[] = [];
    {
      using sock = new Socket();
      const [reader, writer] = pipe();
      using _reader = reader;
      using _writer = writer;
      using file = new FileWrapper(0);
      seen.push(sock, reader, writer, file);
      expect(seen.every((one) => one.fileno() >= 0)).toBe(true);
    }
    expect(seen.map((one) => one.fileno())).toEqual([-1, -1, -1, -1]);
  });

  test('a channel is closed, and has left its map', async () => {
    const map = new Map();
    const [here, there] = socketpair();
    const [reader, writer] = pipe();
    {
      using chat = new AsyncChat(here, map);
      await using file = new FileDispatcher(reader, map);
      expect([...map.values()]).toEqual([chat, file]);
    }
    expect(map.size).toBe(0);
    expect(here.fileno()).toBe(-1);
    for (const one of [there, reader, writer]) one.close();
  });

  test('a map closes its channels, also when the block throws', async () => {
    const pairs = [socketpair(), socketpair()];
    const fails = async () => {
      using map = channelMap();
      for (const [here] of pairs) new Dispatcher(here, map);
      await loop({ map, count: 1, timeout: 0 });
      throw new Error('in the block');
    };
    await expect(fails()).rejects.toThrow('in the block');
    for (const [here, there] of pairs) {
      expect(here.fileno()).toBe(-1);
      there.close();
    }
  });

  test('a Poll has nothing registered, and can be used again', async () => {
    const [here, there] = socketpair();
    there.send('x');
    const poller = new Poll();
    {
      using same = poller;
      same.register(here, POLLIN);
      expect(await same.poll(1)).toEqual([[here.fileno(), POLLIN]]);
    }
    expect(await poller.poll(0)).toEqual([]);
    expect(() => poller.modify(here, POLLIN)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    poller.register(here, POLLIN);
    expect(poller.pollSync(1)).toEqual([[here.fileno(), POLLIN]]);
    const waiting = new Poll();
    const wait = waiting.poll(0.02);
    waiting[Symbol.dispose]();
    expect(await wait).toEqual([]);
    here.close();
    there.close();
  });

  test('a selector is closed', () => {
    const selector = new DefaultSelector();
    {
      using same = selector;
      same.register(0, EVENT_READ);
    }
    expect(selector.getMap()).toBeNull();
  });

  test('a stream and an iteration are closed', async () => {
    const [here, there] = socketpair();
    {
      await using stream = toDuplex(here);
      stream.on('error', () => {});
      there.send('one\n');
    }
    expect(here.fileno()).toBe(-1);
    {
      await using reading = lines(there);
      reading.next().catch(() => {});
      await new Promise(setImmediate);
    }
    expect(there.fileno()).toBe(-1);
  });
});

// The types of a Writable have the symbol in later versions alone.
test.each<[string, (here: Socket) => object]>([
  ['toDuplex', toDuplex],
  ['toReadable', toReadable],
  ['toWritable', toWritable],
  ['chunks', chunks],
  ['lines', lines],
])('what %s() gives is closed when it is disposed of', async (_, make) => {
  const [here, there] = socketpair();
  const one = make(here);
  await Reflect.get(one, Symbol.asyncDispose).call(one);
  expect(here.fileno()).toBe(-1);
  there.close();
});

test('every class that can be closed can be declared with using', async () => {
  const folder = new URL('../../lib/', import.meta.url);
  const entries = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const modules: object[] = await Promise.all(entries.map((name) => import(new URL(name, folder).href)));
  const classes = modules.flatMap((module) => Object.values(module)).filter((one) => typeof one === 'function');
  const closable = classes.filter((one) => typeof one.prototype?.close === 'function');
  expect(closable.length).toBeGreaterThan(15);
  for (const one of closable) expect(one.prototype[Symbol.dispose], one.name).toBeTypeOf('function');
});

test('a descriptor of Linux is closed', () => {
  const timer = new TimerFd();
  {
    using same = timer;
    expect(same.fd).toBeGreaterThan(-1);
  }
  expect(timer.fd).toBe(-1);
});

test('Node has the symbols in every version that is supported', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(engines.node).toContain('20.19');
  expect([typeof Symbol.dispose, typeof Symbol.asyncDispose]).toEqual(['symbol', 'symbol']);
});
