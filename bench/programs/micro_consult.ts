// What consulting a channel costs, with 5,000 of them. Overridden predicates answer false, so that
// there is nothing to wait for and the pass consists of consulting alone. Inherited ones answer true
// and need no call: what is measured is a whole pass of loop(), in which idle channels are parked.
import { FileDispatcher, poll2Sync } from 'asyncore';
import { PASSES, prepareLoop } from './micro_passes.ts';
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

export const consultTasks: readonly MicroTask[] = [
  {
    name: 'consult-inherited',
    title: 'Consult, inherited predicates: all of a pass, per channel of 5,000',
    unit: 'ns',
    times: PASSES * CHANNELS,
    prepare: () => prepareLoop(CHANNELS, 'poll'),
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
