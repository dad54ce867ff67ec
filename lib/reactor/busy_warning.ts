// Notices a channel that is served in every pass and does nothing about it, which keeps a processor
// busy for nothing: most often a writable() that always says yes.
import { POLLIN, POLLOUT, POLLPRI } from '../system/constants.ts';
import type { Channel } from './channel.ts';

/** So many events in a row without a byte moved or an interest changed. */
export const MOST_IDLE = 10_000;

const HANDLERS: [flag: number, handler: string, state: string, advice: string][] = [
  [POLLOUT, 'handleWrite', 'writable', 'override writable() to say so only while there is something to send'],
  [
    POLLIN,
    'handleRead',
    'readable',
    'recv() in handleRead(), or override readable() to say no while nothing is wanted',
  ],
  [POLLPRI, 'handleExpt', 'exceptional', 'take the urgent data with recv(size, MSG_OOB) in handleExpt()'],
];

/** Warns of `channel`, which was told of `flags` too often. */
export function warnOfBusyLoop(channel: Channel, flags: number): void {
  const [, handler, state, advice] = HANDLERS.find(([flag]) => flags & flag) ?? [
    0,
    'handleClose',
    'closed',
    'close() it',
  ];
  process.emitWarning(
    `${describe(channel)} was told ${MOST_IDLE.toLocaleString('en')} times in a row that it is ${state}, and its ` +
      `${handler}() neither read nor wrote: ${advice}`,
    { type: 'SpinWarning', code: 'ASYNCORE_SPIN' },
  );
}

function describe(channel: Channel): string {
  try {
    return String(channel);
  } catch {
    return 'a channel';
  }
}
