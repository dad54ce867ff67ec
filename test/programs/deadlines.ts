// Many idle channels with a deadline each: prints how many there are, and the share of a processor that
// they cost while nothing happens but their deadlines, which are put off all the time.
import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncChat, type ChannelMap, closeAll, loop } from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';

const [count = '1000', backend = 'poll', limit = '60', measured = '3'] = process.argv.slice(2);
const map: ChannelMap = new Map();
let over = 0;

class Idle extends AsyncChat {
  override handleTimeout() {
    over++;
    // From here on again: as if something had moved.
    this.setTimeout('idle', Number(limit));
  }
}

const running = loop({ map, backend: backend === 'poll' ? 'poll' : 'select', timeout: null });
while (map.size < Number(count)) {
  for (const sock of socketpair()) {
    const channel = new Idle(sock, map);
    if (Number(limit) > 0) channel.setTimeout('idle', Number(limit));
  }
  // Spread over time, as connections are.
  if (map.size % 1000 === 0) await sleep(Math.min(Number(limit), 20) * (500 / Number(count)) * 1000);
}
await sleep(2000);
const before = process.cpuUsage();
const began = performance.now();
over = 0;
await sleep(Number(measured) * 1000);
const { user, system } = process.cpuUsage(before);
const share = (user + system) / 1000 / (performance.now() - began);
console.log(`${map.size} channels, ${over} deadlines: ${(100 * share).toFixed(2)} %`);
closeAll(map);
await running;
