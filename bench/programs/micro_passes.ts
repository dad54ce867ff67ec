// How long a pass takes with one channel that is always ready, with an empty handler, among idle
// ones: in the loop, which yields to Node after each pass, and as a single pass, which looks at all.
import { type ChannelMap, ExitNow, FileDispatcher, loop, pipe, poll2Sync, pollSync } from 'asyncore';
import { idleChannels, type MicroTask, type Prepared } from './micro_tasks.ts';

export const PASSES = 500;
const SINGLE_PASSES = 20;

/** Ends the loop after `left` reads. */
class AlwaysReady extends FileDispatcher {
  left = 0;

  override handleRead(): void {
    if (--this.left === 0) throw new ExitNow('enough');
  }
}

function alwaysReady(map: ChannelMap): { channel: AlwaysReady; close(): void } {
  const [reader, writer] = pipe();
  const channel = new AlwaysReady(reader.fd, map);
  reader.close();
  writer.write('x');
  return { channel, close: () => writer.close() };
}

export function prepareLoop(idle: number, backend: 'poll' | 'select'): Prepared {
  const { map, close } = idleChannels(idle);
  const ready = alwaysReady(map);
  return {
    async: true,
    async run() {
      ready.channel.left = PASSES;
      try {
        await loop({ map, backend });
      } catch (error) {
        if (!(error instanceof ExitNow)) throw error;
      }
    },
    close() {
      close();
      ready.close();
    },
  };
}

function prepareSingle(idle: number, backend: 'poll' | 'select'): Prepared {
  const { map, close } = idleChannels(idle);
  const ready = alwaysReady(map);
  const pass = backend === 'poll' ? poll2Sync : pollSync;
  return {
    run() {
      for (let i = 0; i < SINGLE_PASSES; i++) pass(0, map);
    },
    close() {
      close();
      ready.close();
    },
  };
}

function tasksOf(backend: 'poll' | 'select'): MicroTask[] {
  const suffix = backend === 'poll' ? '' : '-select';
  return [0, 100, 5000].flatMap((idle): MicroTask[] => {
    const among = `1 ready, ${idle.toLocaleString('en-US')} idle`;
    return [
      {
        name: `pass-${idle}${suffix}`,
        title: `A pass of loop() with ${backend}: ${among}`,
        unit: 'µs',
        times: PASSES,
        prepare: () => prepareLoop(idle, backend),
      },
      {
        name: `single-${idle}${suffix}`,
        title: `A single ${backend === 'poll' ? 'poll2Sync' : 'pollSync'}(0): ${among}`,
        unit: 'µs',
        times: SINGLE_PASSES,
        prepare: () => prepareSingle(idle, backend),
      },
    ];
  });
}

export const passTasks: readonly MicroTask[] = [...tasksOf('poll'), ...tasksOf('select')];
