// AsyncChat's output: the queue of pieces and producers, and when it is sent.
import { expect, test } from 'vitest';
import { type AsyncChat, type Producer, SimpleProducer } from '../../lib/index.ts';
import { RecordingChat, talk } from '../support/chat.ts';
import { systemFailure, thrownBy } from '../support/failure.ts';

/** A chat whose sends are recorded instead of sent; each takes up to `most` bytes. */
function recordedSends(most = Infinity) {
  const chat = new RecordingChat(null, new Map());
  const sends: string[] = [];
  const options = { most };
  chat.connected = true;
  chat.send = (data) => {
    const text =
      typeof data === 'string' ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
    const taken = text.slice(0, options.most);
    sends.push(taken);
    return taken.length;
  };
  return { chat, sends, options };
}

/** Queues without sending, as before a connection. */
function queued(chat: AsyncChat, fill: () => void): void {
  chat.connected = false;
  fill();
  chat.connected = true;
}

test('push() takes text and any view of bytes, and nothing else', () => {
  const { chat, sends } = recordedSends();
  const bytes = Buffer.from('abcd');
  for (const data of ['abcd', bytes, new Uint8Array(bytes), new DataView(bytes.buffer, bytes.byteOffset, 4)]) {
    chat.push(data);
  }
  chat.push(new Uint16Array([0x6261, 0x6463]));
  expect(sends).toEqual(['abcd', 'abcd', 'abcd', 'abcd', 'abcd']);
  for (const wrong of [1, null, undefined, ['a'], {}]) {
    expect(() => Reflect.apply(chat.push, chat, [wrong])).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    );
  }
  expect(chat.producerFifo).toHaveLength(0);
});

test('data longer than acOutBufferSize is queued in slices', () => {
  const { chat } = recordedSends();
  chat.acOutBufferSize = 4;
  queued(chat, () => chat.push('0123456789'));
  expect([...chat.producerFifo].map(String)).toEqual(['0123', '4567', '89']);
});

test('push() sends at once', () => {
  const { chat, peer, end } = talk();
  chat.push('hello');
  expect(peer.recv(10).toString()).toBe('hello');
  end();
});

test('push() queues bytes without a copy: a later change is sent', () => {
  const { chat, sends } = recordedSends();
  const bytes = Buffer.from('before');
  queued(chat, () => chat.push(bytes));
  bytes.write('after ');
  chat.initiateSend();
  expect(sends).toEqual(['after ']);
});

test('pushWithProducer() takes producers, and bytes as well', () => {
  const { chat, sends } = recordedSends();
  chat.pushWithProducer(new SimpleProducer('from a producer'));
  chat.pushWithProducer(Buffer.from('bytes'));
  expect(sends).toEqual(['from a producer', 'bytes']);
});

test('nothing is sent before the channel is connected', () => {
  const { chat, sends } = recordedSends();
  queued(chat, () => {
    chat.push('early');
    chat.initiateSend();
  });
  expect(sends).toEqual([]);
  chat.initiateSend();
  expect(sends).toEqual(['early']);
});

test('each write event makes one send', () => {
  const { chat, sends } = recordedSends();
  queued(chat, () => {
    chat.push('one');
    chat.push('two');
  });
  chat.handleWrite();
  expect(sends).toEqual(['one']);
  chat.handleWrite();
  expect(sends).toEqual(['one', 'two']);
  chat.handleWrite();
  expect(sends).toEqual(['one', 'two']);
});

test('a producer is asked for one piece per send, and removed when it has no more', () => {
  const { chat, sends } = recordedSends();
  const pieces = ['a', Buffer.from('b'), '', 'never'];
  chat.pushWithProducer({ more: () => pieces.shift() });
  chat.push('c');
  expect(sends).toEqual(['a', 'b']);
  expect(chat.producerFifo).toHaveLength(2);
  chat.initiateSend();
  expect(sends).toEqual(['a', 'b', 'c']);
  expect(pieces).toEqual(['never']);
  for (const nothing of [null, undefined, '', new Uint8Array(0)]) {
    chat.pushWithProducer({ more: () => nothing });
    expect(chat.producerFifo).toHaveLength(0);
  }
});

test('a large piece goes out in slices, and the rest after a short send stays at the front', () => {
  const { chat, sends, options } = recordedSends(2);
  chat.acOutBufferSize = 4;
  queued(chat, () => chat.pushWithProducer(Buffer.from('abcdef')));
  chat.initiateSend();
  expect(sends).toEqual(['ab']);
  expect([...chat.producerFifo].map(String)).toEqual(['cdef']);
  options.most = Infinity;
  chat.initiateSend();
  queued(chat, () => chat.pushWithProducer({ more: () => 'ghijkl' }));
  chat.initiateSend();
  expect(sends).toEqual(['ab', 'cdef', 'ghij']);
  expect(String(chat.producerFifo.first)).toBe('kl');
});

test('a send that takes nothing keeps the piece', () => {
  const { chat, sends } = recordedSends(0);
  chat.push('kept');
  expect(sends).toEqual(['']);
  expect([...chat.producerFifo].map(String)).toEqual(['kept']);
});

test('an empty piece makes an empty send and ends the turn', () => {
  const { chat, sends } = recordedSends();
  queued(chat, () => {
    chat.push('');
    chat.push('x');
  });
  chat.initiateSend();
  expect(sends).toEqual(['']);
  chat.initiateSend();
  expect(sends).toEqual(['', 'x']);
});

test('a producer is asked as long as it gives something, even if its length is 0', () => {
  const { chat, sends } = recordedSends();
  const pieces = ['a', 'b'];
  chat.pushWithProducer(Object.assign({ length: 0 }, { more: () => pieces.shift() }));
  chat.initiateSend();
  chat.initiateSend();
  expect(sends).toEqual(['a', 'b']);
  expect(chat.producerFifo).toHaveLength(0);
});

test('null in the queue calls handleClose, and nothing behind it is sent', () => {
  const { chat, sends } = recordedSends();
  queued(chat, () => {
    chat.push('last');
    chat.closeWhenDone();
    chat.push('never');
  });
  chat.initiateSend();
  expect(chat.take()).toEqual([]);
  chat.initiateSend();
  chat.initiateSend();
  expect(chat.take()).toEqual(['close']);
  expect(sends).toEqual(['last']);
});

test('a system error from send() goes to handleError, and the piece stays', () => {
  const { chat } = recordedSends();
  chat.send = () => {
    throw systemFailure('EMSGSIZE');
  };
  chat.onError = () => undefined;
  chat.push('stays');
  expect(chat.take()).toEqual(['error EMSGSIZE']);
  expect([...chat.producerFifo].map(String)).toEqual(['stays']);
  const mistake = new Error('a mistake');
  chat.send = () => {
    throw mistake;
  };
  expect(thrownBy(() => chat.initiateSend())).toBe(mistake);
});

test('an error thrown by more() reaches the caller of pushWithProducer()', () => {
  const { chat } = recordedSends();
  const mistake = new Error('no more');
  const producer: Producer = {
    more: () => {
      throw mistake;
    },
  };
  expect(thrownBy(() => chat.pushWithProducer(producer))).toBe(mistake);
});

test('writable() is true while something is queued or the channel is not connected', () => {
  const { chat } = recordedSends();
  expect(chat.writable()).toBe(false);
  chat.connected = false;
  expect(chat.writable()).toBe(true);
  chat.push('x');
  chat.connected = true;
  expect(chat.writable()).toBe(true);
  chat.initiateSend();
  expect(chat.writable()).toBe(false);
});

test('when the peer is gone, push() closes and the queue is emptied', () => {
  const { chat, peer, map, end } = talk();
  peer.close();
  expect(chat.push('too late')).toBe(0);
  expect(chat.take()).toEqual(['close']);
  expect(map.size).toBe(0);
  expect(chat.producerFifo).toHaveLength(0);
  end();
});

test('discardBuffers() clears input, collected pieces and output', () => {
  const { chat } = recordedSends();
  queued(chat, () => chat.push('x'));
  chat.acInBuffer = Buffer.from('in');
  chat._collectIncomingData(Buffer.from('piece'));
  chat.discardBuffers();
  expect([chat.acInBuffer.length, chat.incoming.length, chat.producerFifo.length]).toEqual([0, 0, 0]);
});

test('the queue has no limit and reports its length', () => {
  const { chat } = recordedSends();
  queued(chat, () => {
    for (let i = 0; i < 10_000; i++) chat.push('x');
  });
  expect(chat.producerFifo).toHaveLength(10_000);
});
