// Watches a file that reports its changes as an exceptional condition (POLLPRI): the value of a GPIO,
// the list of mounts. Such a file is readable all the time, so readiness says nothing.
//
//   npx tsx examples/watch_changes.ts         (then mount or unmount something)
//   echo both > /sys/class/gpio/gpio17/edge
//   npx tsx examples/watch_changes.ts /sys/class/gpio/gpio17/value
import { openSync, readFileSync } from 'node:fs';
import { select } from 'asyncore/select';

const [path = '/proc/self/mounts'] = process.argv.slice(2);
const fd = openSync(path, 'r');
const linesOf = () => readFileSync(path, 'utf8').trimEnd().split('\n');

let lines = linesOf();
console.log('watching %s', path);
for (;;) {
  await select([], [], [fd]); // tells of each change once, and of one before the first call as well
  const now = linesOf();
  for (const line of lines) if (!now.includes(line)) console.log('- %s', line);
  for (const line of now) if (!lines.includes(line)) console.log('+ %s', line);
  lines = now;
}
