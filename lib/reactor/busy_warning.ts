// Detects a channel that gets an event in every pass and does nothing about it, which keeps a
// processor busy for nothing: usually because its writable() always returns true.
import { POLLIN, POLLOUT, POLLPRI } from '../system/constants.ts';
import { warn } from '../system/later.ts';
import { nameOf } from '../system/text.ts';
import type { Channel } from './channel.ts';

/** The number of events in a row, without a byte moved or an interest changed, that triggers the warning. */
export const MOST_IDLE = 10_000;

const HANDLERS: [flag: number, handler: string, state: string, advice: string][] = [
  [POLLOUT, 'handleWrite', 'writable', 'override writable() to return true only while there is something to send'],
  [
    POLLIN,
    'handleRead',
    'readable',
    'call recv() in handleRead(), or override readable() to return false while no input is wanted',
  ],
  [POLLPRI, 'handleExpt', 'exceptional', 'read the urgent data with recv(size, MSG_OOB) in handleExpt()'],
];

/** Warns about `channel`, which has ignored `flags` too often. */
export function warnOfBusyLoop(channel: Channel, flags: number): void {
  const [, handler, state, advice] = HANDLERS.find(([flag]) => flags & flag) ?? [
    0,
    'handleClose',
    'closed',
    'call close()',
  ];
  warn(
    `${nameOf(channel)} was reported ${state} ${MOST_IDLE.toLocaleString('en')} times in a row, but its ` +
      `${handler}() neither read nor wrote anything: ${advice}`,
    'SpinWarning',
    'ASYNCORE_SPIN',
  );
}
