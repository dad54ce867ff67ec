// Node's own echo server: `net`, which is libuv's streams seen from JavaScript.
import { createServer } from 'node:net';
import { takeControl } from './control.ts';
import { BACKLOG, unixPath } from './options.ts';
import { announce } from './report.ts';

const server = createServer((socket) => {
  socket.on('data', (data) => socket.write(data));
  // A reset is an end like any other here.
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
