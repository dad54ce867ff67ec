// The heap of deadlines against a plain list, with operations at random.
import { expect, test } from 'vitest';
import { type Timer, Timers } from '../../lib/reactor/timers.ts';
import { Random } from '../support/random.ts';

test('deadlines are served in their order, whatever is set, moved and deleted meanwhile', () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = new Random(seed);
    const fired: number[] = [];
    let earlier = 0;
    const timers = new Timers(() => earlier++);
    const all = Array.from({ length: 30 }, () => {
      const timer: Timer = { time: 0, index: -1, fire: () => fired.push(timer.time) };
      return timer;
    });
    const pending = new Map<Timer, number>();
    let clock = 0;
    for (let i = 0; i < 300; i++) {
      const timer = random.pick(all);
      if (timer === undefined) throw new Error('no timer');
      if (random.chance(0.6)) {
        const time = clock + random.below(100);
        const first = Math.min(Infinity, ...pending.values());
        const before = earlier;
        const moved = pending.get(timer) ?? Infinity;
        timers.set(timer, time);
        pending.set(timer, time);
        // Whoever sleeps must hear of an earlier one.
        if (time < first && moved >= first) expect(earlier).toBeGreaterThan(before);
      } else if (random.chance(0.5)) {
        timers.delete(timer);
        pending.delete(timer);
      } else {
        clock += random.below(40);
        const due = [...pending].filter(([, time]) => time <= clock);
        fired.length = 0;
        timers.run(clock);
        expect(fired).toEqual(due.map(([, time]) => time).sort((a, b) => a - b));
        for (const [each] of due) pending.delete(each);
      }
      expect(timers.size).toBe(pending.size);
      expect(timers.next).toBe(Math.min(Infinity, ...pending.values()));
    }
  }
});

test('a timer that is set again while it fires is not fired twice in one run', () => {
  const timers = new Timers(() => {});
  let count = 0;
  const timer: Timer = {
    time: 0,
    index: -1,
    fire: (time) => {
      count++;
      timers.set(timer, time + 1e-9);
    },
  };
  timers.set(timer, 1);
  timers.run(5);
  expect([count, timers.size]).toEqual([1, 1]);
});
