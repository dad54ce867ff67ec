// Counts lines with node:readline over net. After DONE it answers how many lines and bytes there
// were.
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { announce } from './messages.ts';
import { BACKLOG } from './options.ts';

const server = createServer((socket) => {
  let lines = 0;
  let bytes = 0;
  socket.on('error', () => socket.destroy());
  createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    if (line === 'DONE') {
      socket.write(`${lines} ${bytes}\r\n`);
      return;
    }
    lines++;
    bytes += line.length;
  });
});

server.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG }, () => {
  const bound = server.address();
  if (bound !== null && typeof bound === 'object') announce(`127.0.0.1:${bound.port}`);
});
