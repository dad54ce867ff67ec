// Node's timers as they were when the library was loaded: programs replace those of the global object, and
// those of the module too (fake timers).
import timers from 'node:timers';

export const { clearTimeout, setImmediate, setTimeout } = timers;
