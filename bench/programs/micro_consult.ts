// What asking a channel costs, in 5,000 of them. Overridden predicates say no, so that nothing is
// left to wait for and the pass is the asking alone. Inherited ones say yes: there the same wait
// without a loop around it is taken off.
import { FileDispatcher, poll2Sync } from 'asyncore';
import { POLLIN, POLLOUT, POLLPRI, Poll } from 'asyncore/select';
import { idleChannels, type MicroTask, type Prepared, type ReaderClass } from './micro_tasks.ts';

const CHANNELS = 5000;

/** A class of its own at each call, as users have one for each kind of channel. */
function makeClass(): ReaderClass {
  return class Asked extends FileDispatcher {
    wantsInput = false;
    wantsOutput = false;

    override readable(): boolean {
      return this.wantsInput;
    }

    override writable(): boolean {
      return this.wantsOutput;
    }
  };
}

function preparePass(classes: readonly ReaderClass[]): Prepared {
  const { map, close } = idleChannels(CHANNELS, classes);
  return { run: () => poll2Sync(0, map), close };
}

function prepareWait(): Prepared {
  const { map, close } = idleChannels(CHANNELS);
  const waiting = new Poll();
  for (const fd of map.keys()) waiting.register(fd, POLLIN | POLLPRI | POLLOUT);
  return { run: () => void waiting.pollSync(0), close };
}

export const consultTasks: readonly MicroTask[] = [
  {
    name: 'wait-5000',
    title: 'Poll.pollSync(0) alone, per descriptor of 5,000',
    unit: 'ns',
    times: CHANNELS,
    prepare: prepareWait,
  },
  {
    name: 'consult-inherited',
    title: 'Consult, inherited predicates, per channel of 5,000',
    unit: 'ns',
    times: CHANNELS,
    less: 'wait-5000',
    prepare: () => preparePass([FileDispatcher]),
  },
  {
    name: 'consult-overridden-1',
    title: 'Consult, overridden predicates of one class',
    unit: 'ns',
    times: CHANNELS,
    prepare: () => preparePass([makeClass()]),
  },
  {
    name: 'consult-overridden-8',
    title: 'Consult, overridden predicates of eight classes',
    unit: 'ns',
    times: CHANNELS,
    prepare: () => preparePass(Array.from({ length: 8 }, makeClass)),
  },
];
