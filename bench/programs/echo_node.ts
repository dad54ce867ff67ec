// Node's own echo server: `net`, which is libuv's streams seen from JavaScript.
import { createServer } from 'node:net';
import { takeControl } from './control.ts';
import { announce } from './messages.ts';
import { BACKLOG, unixPath } from './options.ts';

const server = createServer((socket) => {
  socket.on('data', (data) => socket.write(data));
  // A reset ends a connection like anything else.
  socket.on('error', () => socket.destroy());
});

takeControl();
const path = unixPath();
const where = path === null ? { host: '127.0.0.1', port: 0 } : { path };
server.listen({ ...where, backlog: BACKLOG }, () => {
  const bound = server.address();
  if (bound !== null && typeof bound === 'object') announce(`127.0.0.1:${bound.port}`);
  else announce(`unix:${path}`);
});
