// One warning for a channel that is served in every pass and does nothing about it, and none for
// one that moves something or changes its mind.
import { afterEach, expect, test } from 'vitest';
import { type Channel, closeAll, Dispatcher } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { WAYS } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

const map = new Map<number, Channel>();
const PASSES = 10_000;
let peer: Socket | undefined;
const warnings: Error[] = [];
const hear = (warning: Error) => {
  if (warning.name === 'SpinWarning') warnings.push(warning);
};

afterEach(() => {
  process.off('warning', hear);
  warnings.length = 0;
  closeAll(map);
  peer?.close();
});

function pair(): Socket {
  const [here, there] = socketpair();
  peer = there;
  process.on('warning', hear);
  return here;
}

for (const way of WAYS) {
  test(`the default writable() on an idle connection causes one warning (${way.name})`, async () => {
    class Lazy extends Dispatcher {}
    new Lazy(pair(), map);
    await way.passes(PASSES - 1, 0, map);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
    await way.passes(2 * PASSES + 2, 0, map);
    await eventually(() => warnings.length > 0);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toMatch(/Lazy connected.*handleWrite\(\).*override writable\(\)/);
  });

  test(`input that is never read causes a warning (${way.name})`, async () => {
    class Deaf extends Dispatcher {
      override writable() {
        return false;
      }
      override handleRead() {}
    }
    const deaf = new Deaf(pair(), map);
    expect(deaf.connected).toBe(true);
    peer?.send('x');
    await way.passes(PASSES + 2, 0, map);
    await eventually(() => warnings.length > 0);
    expect(warnings[0]?.message).toMatch(/Deaf.*readable.*handleRead\(\)/);
  });

  test(`a channel that reads, writes or changes its interest causes none (${way.name})`, async () => {
    class Busy extends Dispatcher {
      turns = 0;
      override readable() {
        return false;
      }
      override handleWrite() {
        if (++this.turns % 5000 === 0) {
          this.send('x');
          peer?.recv(10);
        }
      }
    }
    class Fickle extends Dispatcher {
      turns = 0;
      override readable() {
        return this.turns % 5000 === 0;
      }
      override handleWrite() {
        this.turns++;
      }
    }
    new Busy(pair(), map);
    const [here, there] = socketpair();
    new Fickle(here, map);
    await way.passes(PASSES + 10, 0, map);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
    there.close();
  });
}
