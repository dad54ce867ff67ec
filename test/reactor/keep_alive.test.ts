// Which loops go on, and which keep the process alive: keepAlive, ref, refLoop() and unrefLoop(), and ref() and
// unref() of a channel.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  type Channel,
  closeAll,
  Dispatcher,
  loop,
  loopSync,
  poll,
  pollSync,
  refLoop,
  unrefLoop,
} from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { now } from '../../lib/system/clock.ts';
import { runCommand } from '../support/child.ts';
import { BACKENDS } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

class Reader extends Dispatcher {
  readonly received: string[] = [];
  override writable() {
    return false;
  }
  override handleRead() {
    const data = this.recv(100);
    if (data.length > 0) this.received.push(String(data));
  }
  override handleClose() {
    this.close();
  }
}

function reader(map: Map<number, Channel>): [Reader, Socket] {
  const [here, there] = socketpair();
  return [new Reader(here, map), there];
}

for (const backend of BACKENDS) {
  test(`with keepAlive a loop goes on while its map is empty, and serves who comes (${backend})`, async () => {
    const map = new Map<number, Channel>();
    const stop = new AbortController();
    const running = loop({ map, backend, timeout: null, keepAlive: true, signal: stop.signal });
    for (const text of ['first', 'second']) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(map.size).toBe(0);
      const [channel, peer] = reader(map);
      peer.send(text);
      await eventually(() => channel.received.length > 0, `${text} was not served`);
      peer.close();
      await eventually(() => map.size === 0);
    }
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });

  test(`with keepAlive a loop goes on when passes of others have emptied its map (${backend})`, async () => {
    const map = new Map<number, Channel>();
    // Before it begins, in a handler of its own, and while it sleeps.
    const [early, earlyPeer] = reader(map);
    earlyPeer.close();
    loopSync({ map, backend });
    expect(early.fileno()).toBe(-1);
    const stop = new AbortController();
    const running = loop({ map, backend, timeout: null, keepAlive: true, signal: stop.signal });
    // The loop takes turns with nobody in its map.
    await sleep(20);
    const [nesting, nestingPeer] = reader(map);
    nesting.handleRead = () => {
      nesting.recv(1);
      nestingPeer.close();
      pollSync(1, map);
    };
    nestingPeer.send('x');
    await eventually(() => map.size === 0);
    const [, peer] = reader(map);
    peer.close();
    pollSync(1, map);
    expect(map.size).toBe(0);
    // The loop takes turns with nobody in its map.
    await sleep(20);
    const [last, lastPeer] = reader(map);
    lastPeer.send('x');
    await eventually(() => last.received.length > 0);
    last.close();
    lastPeer.close();
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });

  test(`loopSync() ends when its last channel but unreferenced ones closes while it waits (${backend})`, () => {
    const map = new Map<number, Channel>();
    const [background, peer] = reader(map);
    background.unref();
    const [late, latePeer] = reader(map);
    late.handleTimeout = () => late.close();
    late.setTimeout('idle', 0.05);
    const since = now();
    loopSync({ map, backend, timeout: 20 });
    expect(now() - since).toBeLessThan(10);
    const [asked, askedPeer] = reader(map);
    asked.readable = () => {
      asked.close();
      return false;
    };
    loopSync({ map, backend, timeout: 20 });
    expect(now() - since).toBeLessThan(10);
    expect(map.size).toBe(1);
    for (const each of [background, peer, latePeer, askedPeer]) each.close();
  });

  test(`a loop ends when only channels are left that were unreferenced (${backend})`, async () => {
    const map = new Map<number, Channel>();
    const [background, peer] = reader(map);
    const [main, mainPeer] = reader(map);
    expect(background.unref()).toBe(background);
    const running = loop({ map, backend, timeout: null });
    peer.send('served nevertheless');
    await eventually(() => background.received.length > 0);
    mainPeer.close();
    await running;
    expect([main.fileno(), map.size]).toEqual([-1, 1]);
    // Not even one pass, unless passes are counted one by one.
    peer.send('waits');
    await loop({ map, backend });
    loopSync({ map, backend });
    expect(background.received).toHaveLength(1);
    await poll(1, map);
    expect(background.received).toHaveLength(2);
    background.ref();
    const again = loop({ map, backend, timeout: null });
    await new Promise((resolve) => setTimeout(resolve, 20));
    background.unref();
    await again;
    closeAll(map);
    peer.close();
  });
}

test('a channel keeps its state when it leaves its map and returns', async () => {
  const map = new Map<number, Channel>();
  const [channel, peer] = reader(map);
  channel.unref();
  const { socket } = channel;
  map.clear();
  if (socket !== null) channel.setSocket(socket);
  expect(map.size).toBe(1);
  await loop({ map, timeout: null });
  closeAll(map);
  peer.close();
});

async function run(code: string): Promise<[code: number | null, stdout: string]> {
  const script = `
    import { Dispatcher, loop, refLoop, unrefLoop } from './lib/index.ts';
    import { socketpair } from './lib/socket.ts';
    const [here, there] = socketpair();
    const channel = new Dispatcher(here);
    channel.writable = () => false;
    ${code}
    setTimeout(() => console.log('timer'), 50);
  `;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const { code: status, stdout } = await runCommand(process.execPath, args);
  return [status, stdout];
}

test('a loop with ref: false does not keep the process alive, a second one beside it does', async () => {
  expect(await run('loop({ ref: false, timeout: null });')).toEqual([0, 'timer\n']);
  const second =
    "loop({ ref: false, keepAlive: true }); loop({ map: new Map(), keepAlive: true, count: 2, timeout: 0.1 }).then(() => console.log('second'));";
  expect(await run(second)).toEqual([0, 'timer\nsecond\n']);
});

describe.each(BACKENDS)('%s', (backend) => {
  describe.each(['worker', 'inline'])('%s', (wait) => {
    const start = `loop({ backend: '${backend}', wait: '${wait}', timeout: null });`;

    test('a running loop keeps the process alive until it is unreferenced', async () => {
      const later = "setTimeout(() => { console.log('unref'); unrefLoop(); }, 100).unref();";
      expect(await run(`${start} ${later}`)).toEqual([0, 'timer\nunref\n']);
    });

    test('a loop that was unreferenced keeps it alive again', async () => {
      const others = 'unrefLoop(new Map()); unrefLoop(); unrefLoop(); refLoop(); refLoop();';
      const later = "setTimeout(() => { console.log('still here'); unrefLoop(); }, 100).unref();";
      expect(await run(`${start} ${others} ${later}`)).toEqual([0, 'timer\nstill here\n']);
      expect(await run(`loop({ ref: false, wait: '${wait}' }); refLoop(); ${later}`)).toEqual([
        0,
        'timer\nstill here\n',
      ]);
    });

    test('one of two loops is enough', async () => {
      const second = `loop({ map: new Map(), keepAlive: true, count: 2, timeout: 0.1, wait: '${wait}' })`;
      expect(await run(`${start} unrefLoop(); ${second}.then(() => console.log('second'));`)).toEqual([
        0,
        'timer\nsecond\n',
      ]);
    });
  });
});

test('an unreferenced loop serves all the same, and ends as ever; without a loop nothing happens', async () => {
  const map = new Map<number, Channel>();
  const [channel, peer] = reader(map);
  unrefLoop(map);
  const running = loop({ map, timeout: null });
  unrefLoop(map);
  peer.send('x');
  await eventually(() => channel.received.length > 0);
  peer.close();
  await running;
  refLoop(map);
  expect(map.size).toBe(0);
  for (const call of [refLoop, unrefLoop]) {
    expect(() => Reflect.apply(call, undefined, [{}])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
  }
});

test('the options are checked', async () => {
  const map = new Map<number, Channel>();
  for (const name of ['keepAlive', 'ref']) {
    await expect(Reflect.apply(loop, undefined, [{ map, [name]: 1 }])).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    });
  }
  expect(() => loopSync({ map, keepAlive: true })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
});
