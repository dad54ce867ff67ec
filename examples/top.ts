// A live table of what a loop does: passes, events and bytes in a second, the busiest channels, and the slowest
// calls of handlers. The program that it looks into is port_forwarder.ts; yours needs nothing but show().
//
//   npx tsx examples/top.ts 8080 example.org:80          (stop it with Ctrl-C)
//   curl -H 'Host: example.org' localhost:8080           (in another terminal)
import { socketMap } from 'asyncore';
import { type ChannelStats, type Stats, stats } from 'asyncore/insight';

const ROWS = 15;

const bytes = (count: number) =>
  count < 1e4
    ? `${count.toFixed()} B`
    : count < 1e7
      ? `${(count / 1e3).toFixed()} kB`
      : `${(count / 1e6).toFixed()} MB`;
const ms = (seconds: number) => `${(1000 * seconds).toFixed(3)} ms`;
const row = (cells: readonly string[]) => cells.map((cell) => cell.padStart(11)).join('');

function table(now: Stats, before: Stats): string {
  const time = now.seconds - before.seconds;
  const perSecond = (key: 'passes' | 'sleeps' | 'events' | 'received' | 'sent') => (now[key] - before[key]) / time;
  const eventsBefore = new Map(before.channels.map(({ channel, events }) => [channel, events]));
  const recent = ({ channel, events }: ChannelStats) => events - (eventsBefore.get(channel) ?? 0);
  const busiest = [...now.channels].sort((a, b) => recent(b) - recent(a)).slice(0, ROWS);
  return [
    `${now.seconds.toFixed()} s, ${now.channels.length} channels; in a second:`,
    row(['passes', 'sleeps', 'events', 'received', 'sent']),
    row([
      ...(['passes', 'sleeps', 'events'] as const).map((key) => perSecond(key).toFixed()),
      bytes(perSecond('received')),
      bytes(perSecond('sent')),
    ]),
    '',
    `${row(['events', 'in all', 'received', 'sent', 'longest'])}  channel`,
    ...busiest.map(
      (one) =>
        `${row([
          recent(one).toFixed(),
          one.events.toFixed(),
          bytes(one.received),
          bytes(one.sent),
          ms(one.longest),
        ])}  ${one.channel}`,
    ),
    '',
    'the slowest calls:',
    ...now.slowest.slice(0, 5).map(({ channel, event, seconds }) => `${row([ms(seconds), event])}  ${channel}`),
    '',
  ].join('\n');
}

let before = stats(socketMap);

function show() {
  const now = stats(socketMap);
  const clear = process.stdout.isTTY ? '\x1b[H\x1b[J' : '';
  process.stdout.write(`${clear}${table(now, before)}\n`);
  before = now;
}

setInterval(show, 1000).unref();
await import('./port_forwarder.ts');
