// Reads the bulk transfer with the library's Duplex, as bulk_node.ts does with Node's streams.
import { toDuplex } from 'asyncore/stream';
import { ended, openInput, received } from './bulk.ts';

const input = toDuplex(openInput());
input.on('data', (piece: Buffer) => received(piece));
input.on('end', ended);
