// 'asyncore/selectors': what Python's selectors do, step by step, and what is our own: waits that let other
// JavaScript run.
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type BaseSelector,
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  type SelectorKey,
  SelectSelector,
} from '../../lib/selectors.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { runCommand } from '../support/child.ts';
import { duration } from '../support/time.ts';

type Data = string | number | null;
type Make = new () => BaseSelector<Data>;

const SELECTORS: [name: string, make: Make][] = [
  ['SelectSelector', SelectSelector<Data>],
  ['PollSelector', PollSelector<Data>],
];

/** Python's exception for an error of ours. */
const NAMES: Readonly<Record<string, string>> = {
  ERR_ALREADY_REGISTERED: 'KeyError',
  ERR_NOT_REGISTERED: 'KeyError',
  ERR_INVALID_ARG_VALUE: 'ValueError',
  ERR_SELECTOR_CLOSED: 'RuntimeError',
};

function pair(): [Socket, Socket] {
  const both = socketpair();
  onTestFinished(() => {
    for (const sock of both) sock.close();
  });
  return both;
}

/** The steps of steps.py. */
async function trace(make: Make, isAsync: boolean): Promise<unknown[]> {
  const said: unknown[] = [];
  const selector = new make();
  const [one, two] = pair();
  const [three, four] = pair();
  const names = new Map([one, two, three].map((sock, i) => [sock.fileno(), ['one', 'two', 'three'][i]]));
  const say = (value: unknown) => said.push(value);
  const shown = ({ fd, events, data }: SelectorKey<Data>) => [names.get(fd), events, data];
  const outcome = (call: () => unknown) => {
    try {
      return call();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      return NAMES[code] ?? code;
    }
  };
  const ready = async (timeout = 0) => {
    const found = isAsync ? await selector.select(timeout) : selector.selectSync(timeout);
    return found.map(([key, events]) => [...shown(key), events]).sort();
  };
  say(shown(selector.register(one, EVENT_READ, 'data')));
  say(outcome(() => shown(selector.register(one, EVENT_READ, null))));
  say(outcome(() => shown(selector.register(one.fileno(), EVENT_WRITE, null))));
  say([0, 4, 7].map((events) => outcome(() => shown(selector.register(two, events, null)))));
  say(await ready());
  say(await ready(-1));
  two.send('x');
  say(await ready());
  say(shown(selector.modify(one, EVENT_READ | EVENT_WRITE, 'more')));
  say(await ready());
  say(shown(selector.modify(one, EVENT_READ | EVENT_WRITE, null)));
  say(outcome(() => shown(selector.modify(two, EVENT_READ, null))));
  say(outcome(() => shown(selector.unregister(two))));
  say(outcome(() => shown(selector.getKey(two))));
  say(shown(selector.getKey(one.fileno())));
  say(selector.getMap()?.size);
  say([selector.getMap()?.has(one), selector.getMap()?.has(two)]);
  one.recv(1);
  selector.register(two, EVENT_WRITE, 2);
  say(await ready(1));
  two.close();
  say(shown(selector.unregister(two)));
  say(await ready(1));
  selector.register(three, EVENT_READ, null);
  four.close();
  say(await ready(1));
  three.close();
  one.close();
  say(shown(selector.unregister(one)));
  say(shown(selector.unregister(three)));
  say(selector.getMap()?.size);
  say(await ready(0.01));
  selector.close();
  say(selector.getMap());
  say(outcome(() => selector.getKey(1)));
  selector.close();
  return said;
}

test('step by step as in Python, asynchronous and blocking', async () => {
  const names = SELECTORS.map(([name]) => name);
  const script = new URL('steps.py', import.meta.url).pathname;
  const { stdout, stderr } = await runCommand('python3', [script, ...names], {}, 30);
  const python: unknown[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(python, stderr).toHaveLength(2);
  for (const [i, [, make]] of SELECTORS.entries()) {
    for (const isAsync of [true, false]) expect(await trace(make, isAsync)).toEqual(python[i]);
  }
});

describe.each(SELECTORS)('%s', (_name, make) => {
  test('select() waits, and other JavaScript runs and may register meanwhile', async () => {
    const selector = new make();
    const [here, there] = pair();
    const [other] = pair();
    selector.register(here, EVENT_READ, 'here');
    const selecting = selector.select();
    await sleep(5);
    await expect(selector.select()).rejects.toMatchObject({ code: 'ERR_SELECT_RUNNING' });
    selector.register(other, EVENT_WRITE, 'other');
    expect((await selecting).map(([{ data }, events]) => [data, events])).toEqual([['other', EVENT_WRITE]]);
    selector.unregister(other);
    const again = selector.select(5);
    setTimeout(() => there.send('x'), 5);
    expect((await again).map(([{ data }]) => data)).toEqual(['here']);
    selector.close();
  });

  test('a time ends it, with nothing', async () => {
    const selector = new make();
    const [here] = pair();
    selector.register(here, EVENT_READ, null);
    expect(await duration(async () => expect(await selector.select(0.03)).toEqual([]))).toBeGreaterThanOrEqual(0.029);
    expect(await duration(() => expect(selector.selectSync(0.03)).toEqual([]))).toBeGreaterThanOrEqual(0.029);
    selector.close();
    expect(() => new make().selectSync()).toThrow(expect.objectContaining({ code: 'ERR_NOTHING_TO_WAIT_FOR' }));
  });

  test('close() ends a select() in progress, and refuses the rest', async () => {
    const selector = new make();
    const [here] = pair();
    selector.register(here, EVENT_READ, null);
    const selecting = selector.select().catch((error: unknown) => error);
    await sleep(5);
    selector[Symbol.dispose]();
    const closed = { code: 'ERR_SELECTOR_CLOSED' };
    expect(await selecting).toMatchObject(closed);
    await expect(selector.select(0)).rejects.toMatchObject(closed);
    expect(() => selector.register(here, EVENT_READ, null)).toThrow(expect.objectContaining(closed));
  });

  test('a key cannot be changed, and a refused change leaves all as it was', () => {
    const selector = new make();
    const [here] = pair();
    const key = selector.register(here, EVENT_READ, 'a');
    expect(Object.isFrozen(key)).toBe(true);
    expect(() => selector.modify(here, 8, 'b')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
    expect(selector.getKey(here)).toBe(key);
    expect([...(selector.getMap() ?? [])]).toEqual([[here.fileno(), key]]);
    selector.close();
  });
});

test('a closed file is readable and writable for poll(2), and an error for select(2)', async () => {
  const [poller, selector] = [new DefaultSelector<string>(), new SelectSelector<string>()];
  const [here] = pair();
  poller.register(here, EVENT_READ, 'closed');
  selector.register(here, EVENT_READ, 'closed');
  here.close();
  const [again] = pair();
  expect(again.fileno()).toBeGreaterThan(-1);
  expect((await poller.select(1)).map(([{ data }, events]) => [data, events])).toEqual([['closed', EVENT_READ]]);
  await expect(selector.select(1)).rejects.toMatchObject({ code: 'EBADF', errno: -constants.errno.EBADF });
  poller.close();
  selector.close();
});
