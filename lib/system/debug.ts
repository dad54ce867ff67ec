// What NODE_DEBUG=asyncore has the library tell on standard error. Whoever calls it asks `enabled` first, so
// that nothing is made into text for nobody.
import { debuglog } from 'node:util';

export const debug = debuglog('asyncore');
