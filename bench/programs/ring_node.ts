// The pipe ring on Node: a net.Socket on each read end. It writes with fs.writeSync(), as the C
// programs do, or with --mode socket through a net.Socket too.
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { option } from './options.ts';
import { openPipes, Ring, token } from './ring.ts';

const throughSockets = option('mode', 'sync') === 'socket';
const writeEnds: number[] = [];
const writers: Socket[] = [];

const ring = new Ring((pipe) => {
  if (throughSockets) writers[pipe]?.write(token);
  else writeSync(writeEnds[pipe] ?? -1, token);
});

for (const [pipe, [readEnd, writeEnd]] of openPipes(ring.pipes).entries()) {
  const reader = new Socket({ fd: readEnd, readable: true, writable: false });
  reader.on('data', (data) => ring.received(pipe, data));
  writeEnds.push(writeEnd);
  if (throughSockets) writers.push(new Socket({ fd: writeEnd, readable: false, writable: true }));
}
ring.start();
