// AsyncChat's queue in adverse circumstances: text of several bytes per character that goes out in
// odd pieces, and callbacks that change the queue while it is being sent.
import { describe, expect, test } from 'vitest';
import type { AsyncChat, Producer } from '../../lib/index.ts';
import type { Socket } from '../../lib/socket.ts';
import { RecordingChat, talk } from '../support/chat.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';

/** A chat whose sends take as many bytes as `takes` says, and then all. */
function trickling(takes: number[], ChatClass = RecordingChat) {
  const chat = new ChatClass(null, new Map());
  const sent: Buffer[] = [];
  chat.connected = true;
  chat.send = (data) => {
    if (typeof data === 'string') throw new Error('text that was not encoded');
    const bytes = Buffer.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const taken = bytes.subarray(0, takes.shift() ?? bytes.length);
    sent.push(Buffer.from(taken));
    return taken.length;
  };
  const flush = () => {
    for (let i = 0; i < 1000 && chat.writable(); i++) chat.initiateSend();
    return Buffer.concat(sent);
  };
  return { chat, sent, flush };
}

describe('text is encoded when it is pushed', () => {
  const text = 'ééab 日本語 👋🏽';

  test('short sends and small slices split no character for good', () => {
    for (const size of [1, 2, 3, 5, 65536]) {
      const { chat, flush } = trickling([1, 2, 0, 1, 3, 1]);
      chat.acOutBufferSize = size;
      chat.push(text);
      expect(flush().toString(), `slices of ${size}`).toBe(text);
    }
  });

  test('text from a producer is encoded whole', () => {
    const { chat, flush } = trickling([1, 2, 0, 1, 3, 1]);
    const pieces = [...text];
    chat.acOutBufferSize = 2;
    chat.pushWithProducer({ more: () => pieces.shift() });
    expect(flush().toString()).toBe(text);
  });

  test('the encoding is the one set when text is pushed', () => {
    const { chat, flush } = trickling([]);
    chat.useEncoding = true;
    chat.push('é');
    chat.encoding = 'utf16le';
    chat.push('é');
    chat.useEncoding = false;
    chat.push('é');
    expect(flush()).toEqual(Buffer.from([0xe9, 0xe9, 0, 0xc3, 0xa9]));
  });
});

describe('a queue that is changed while it is being sent stays intact', () => {
  test('more() that pushes adds at the end', () => {
    const { chat, flush } = trickling([]);
    const pieces = ['a', 'b', ''];
    chat.pushWithProducer({
      more() {
        chat.push('later');
        return pieces.shift() ?? '';
      },
    });
    expect(flush().toString()).toBe('ablaterlaterlater');
  });

  test('more() that discards the queue loses the producer and the piece it returned', () => {
    const { chat, sent, flush } = trickling([]);
    chat.pushWithProducer({
      more() {
        chat.discardBuffers();
        return 'discarded';
      },
    });
    expect(sent).toEqual([]);
    expect(chat.producerFifo).toHaveLength(0);
    chat.push('next');
    expect(flush().toString()).toBe('next');
  });

  test('more() that discards and then pushes leaves what it pushed', () => {
    const { chat, flush } = trickling([]);
    chat.pushWithProducer({
      more() {
        chat.discardBuffers();
        chat.push('instead');
        return 'discarded';
      },
    });
    expect(flush().toString()).toBe('instead');
  });

  test('more() that closes ends the sending', () => {
    const { chat, sent } = trickling([]);
    const producer: Producer = {
      more() {
        chat.close();
        return 'too late';
      },
    };
    chat.pushWithProducer(producer);
    expect(sent).toEqual([]);
    expect(chat.connected).toBe(false);
  });

  test('send() that discards the queue removes nothing else', () => {
    const { chat, sent } = trickling([]);
    const send = chat.send;
    chat.send = (data) => {
      chat.discardBuffers();
      chat.producerFifo.push(Buffer.from('new'));
      return send(data);
    };
    chat.push('old');
    expect(sent.map(String)).toEqual(['old']);
    expect([...chat.producerFifo].map(String)).toEqual(['new']);
  });

  test('handleClose that pushes and closes again does not recurse for ever', () => {
    let closes = 0;
    class Stubborn extends RecordingChat {
      override handleClose() {
        if (++closes < 3) {
          this.push('goodbye');
          this.closeWhenDone();
          this.initiateSend();
        }
        return super.handleClose();
      }
    }
    const { chat } = trickling([], Stubborn);
    chat.closeWhenDone();
    chat.initiateSend();
    expect(closes).toBe(1);
    expect(chat.connected).toBe(false);
  });

  test('an error leaves the queue as it was, to be sent later', () => {
    const { chat, flush } = trickling([]);
    let fails = true;
    const producer = {
      left: ['after all', ''],
      more() {
        if (fails) throw new Error('not now');
        return this.left.shift() ?? '';
      },
    };
    expect(() => chat.pushWithProducer(producer)).toThrow('not now');
    fails = false;
    expect(flush().toString()).toBe('after all');
  });

  test('two queues that push to each other are both sent', () => {
    const one = trickling([]);
    const two = trickling([]);
    let rounds = 0;
    const volley = (to: AsyncChat, from: AsyncChat): Producer => ({
      more() {
        const round = ++rounds;
        if (round > 6) return null;
        to.pushWithProducer(volley(from, to));
        return `${round}`;
      },
    });
    one.chat.pushWithProducer(volley(two.chat, one.chat));
    for (let i = 0; i < 3; i++) [one, two].map(({ flush }) => flush());
    expect([...`${one.flush()}${two.flush()}`].sort().join('')).toBe('123456');
  });
});

describe.each(WAYS)('$name', (way) => {
  test('an echo that answers from foundTerminator while it is sending keeps the order', async () => {
    const { chat, peer, map, end } = talk('\n');
    chat.acOutBufferSize = 3;
    chat.onFound = (_chat, count) => chat.push(`answer ${count} ü\n`);
    peer.send('\n'.repeat(200));
    let answer = '';
    await passesUntil(
      way,
      () => {
        answer += receive(peer).toString('latin1');
        return chat.found === 200 && chat.producerFifo.length === 0;
      },
      map,
      5000,
    );
    const expected = Array.from({ length: 200 }, (_, i) => `answer ${i + 1} ü\n`).join('');
    expect(Buffer.from(answer, 'latin1').toString()).toBe(expected);
    end();
  });
});

function receive(sock: Socket): Buffer {
  try {
    return sock.recv(65536);
  } catch {
    return Buffer.alloc(0);
  }
}
