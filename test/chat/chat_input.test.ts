// AsyncChat's input: how the stream is cut at terminators of bytes, of a count, or of none.
import { describe, expect, test } from 'vitest';
import { AsyncChat } from '../../lib/index.ts';
import type { Socket } from '../../lib/socket.ts';
import { connectAgain, talk } from '../support/chat.ts';
import { systemFailure, thrownBy } from '../support/failure.ts';
import { WAYS } from '../support/matrix.ts';
import { fill } from '../support/pair.ts';

/** What an async callback promises, and when it settles. */
class Settling {
  resolve = () => {};
  reject = (_error: Error) => {};
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** Until other JavaScript has run: a blocking loop waits for no promise. */
const turn = () => new Promise(setImmediate);

const notImplemented = expect.objectContaining({ code: 'ERR_METHOD_NOT_IMPLEMENTED' });

test('the buffer sizes are 64 KiB, and no encoding is used for text', () => {
  const chat = new AsyncChat(null, new Map());
  expect(chat).toMatchObject({ acInBufferSize: 65536, acOutBufferSize: 65536, useEncoding: false, encoding: 'latin1' });
});

test('a new chat has nothing waiting and is in no map', () => {
  const map = new Map();
  const chat = new AsyncChat(null, map);
  expect(chat.acInBuffer).toHaveLength(0);
  expect(chat.incoming).toEqual([]);
  expect(chat.producerFifo).toHaveLength(0);
  expect(map.size).toBe(0);
});

test('the two callbacks must come from a subclass', () => {
  const chat = new AsyncChat(null, new Map());
  expect(() => chat.collectIncomingData(Buffer.alloc(1))).toThrow(notImplemented);
  expect(() => chat.foundTerminator()).toThrow(notImplemented);
});

test('a terminator is text, bytes, a count or null', () => {
  const chat = new AsyncChat(null, new Map());
  for (const terminator of [0, 1, 2 ** 31 - 1, null, Buffer.from('x'), new Uint8Array(0)]) {
    chat.setTerminator(terminator);
    expect(chat.getTerminator()).toBe(terminator);
  }
  chat.setTerminator('é\n');
  expect(chat.getTerminator()).toEqual(Buffer.from('é\n'));
  expect(() => chat.setTerminator(-1)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  expect(chat.getTerminator()).toEqual(Buffer.from('é\n'));
});

test('with useEncoding, a terminator is encoded with `encoding`', () => {
  const chat = new AsyncChat(null, new Map());
  chat.useEncoding = true;
  chat.setTerminator('é');
  expect(chat.getTerminator()).toEqual(Buffer.from([0xe9]));
  chat.encoding = 'utf16le';
  chat.setTerminator('a');
  expect(chat.getTerminator()).toEqual(Buffer.from([0x61, 0]));
});

test('_collectIncomingData() keeps pieces, and _getData() joins and clears them', () => {
  const chat = new AsyncChat(null, new Map());
  chat._collectIncomingData(Buffer.from('ab'));
  chat._collectIncomingData(Buffer.from('cd'));
  expect(chat.incoming).toHaveLength(2);
  expect(chat._getData().toString()).toBe('abcd');
  expect(chat.incoming).toEqual([]);
  expect(chat._getData()).toHaveLength(0);
});

test('readable() is always true', () => {
  const { chat, end } = talk('\n');
  expect(chat.readable()).toBe(true);
  end();
  expect(chat.readable()).toBe(true);
});

describe.each(WAYS)('$name', (way) => {
  test('data that comes before a terminator is set goes to handleError', async () => {
    const { chat, peer, map, end } = talk();
    peer.send('x');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['error There is no terminator: call setTerminator() first', 'close']);
    end();
  });

  test('a missing callback goes to handleError', async () => {
    const { chat, peer, map, end } = talk('\n');
    const errors: unknown[] = [];
    chat.collectIncomingData = AsyncChat.prototype.collectIncomingData;
    chat.onError = (_chat, error) => errors.push(error);
    peer.send('x');
    await way.passes(1, 0.5, map);
    expect(errors).toEqual([notImplemented]);
    end();
  });

  test('one event makes one recv() of acInBufferSize', async () => {
    const { chat, peer, map, end } = talk(null);
    expect(fill(peer)).toBeGreaterThan(2 * 65536);
    await way.passes(1, 0.5, map);
    expect(chat.take().map((call) => call.length)).toEqual(['data:'.length + 65536]);
    chat.acInBufferSize = 7;
    await way.passes(1, 0.5, map);
    expect(chat.take().map((call) => call.length)).toEqual(['data:'.length + 7]);
    end();
  });

  test('data is delivered in pieces as it arrives, and a message ends at its terminator', async () => {
    const { chat, peer, map, end } = talk('\r\n');
    peer.send('ab');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:ab']);
    peer.send('c\r\n\r\nde\r\nf');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:c', 'found', 'found', 'data:de', 'found', 'data:f']);
    end();
  });

  test('a possible beginning of the terminator is held back, and delivered as data if it was none', async () => {
    const { chat, peer, map, end } = talk('\r\n');
    const step = async (data: string) => {
      peer.send(data);
      await way.passes(1, 0.5, map);
      return chat.take();
    };
    expect(await step('abc\r')).toEqual(['data:abc']);
    expect(chat.acInBuffer.toString()).toBe('\r');
    expect(await step('x')).toEqual(['data:\rx']);
    expect(await step('\r')).toEqual([]);
    expect(await step('\n')).toEqual(['found']);
    expect(await step('\r\r')).toEqual(['data:\r']);
    expect(await step('\n.')).toEqual(['found', 'data:.']);
    expect(chat.acInBuffer).toHaveLength(0);
    end();
  });

  test('at the end of input, a held-back prefix of the terminator and an unfinished message are not delivered', async () => {
    const { chat, peer, map, end } = talk('\r\n');
    peer.send('tail\r');
    await way.passes(1, 0.5, map);
    peer.close();
    await way.passes(2, 0.5, map);
    expect(chat.take()).toEqual(['data:tail', 'close']);
    end();
  });

  test('a count goes down to 0 before foundTerminator, and 0 collects for ever', async () => {
    const { chat, peer, map, end } = talk(5);
    let seen: unknown;
    chat.onFound = () => (seen = chat.getTerminator());
    peer.send('ab');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:ab']);
    expect(chat.getTerminator()).toBe(3);
    peer.send('cdefg');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:cde', 'found', 'data:fg']);
    expect(seen).toBe(0);
    peer.send('more');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:more']);
    end();
  });

  const never = [null, 0, '', new Uint8Array(0)];
  test.each(never)('with terminator %j everything is collected', async (terminator) => {
    const { chat, peer, map, end } = talk(terminator);
    peer.send('a\r\nb');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:a\r\nb']);
    end();
  });

  test('a terminator set in foundTerminator applies to the bytes already received', async () => {
    const { chat, peer, map, end } = talk('\n');
    chat.onFound = (_chat, count) => chat.setTerminator(count % 2 === 0 ? '\n' : 4);
    peer.send('4\nbodyrest\nlast');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:4', 'found', 'data:body', 'found', 'data:rest', 'found', 'data:last', 'found']);
    end();
  });

  test('getTerminator() is asked again for every message', async () => {
    const { chat, peer, map, end } = talk('\n');
    const asked = ['1', '2', '3'];
    chat.getTerminator = () => asked.shift() ?? null;
    peer.send('a1b2c3d');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:a', 'found', 'data:b', 'found', 'data:c', 'found', 'data:d']);
    end();
  });

  test('a terminator set elsewhere is not applied to held-back bytes until more arrive', async () => {
    const { chat, peer, map, end } = talk('\r\n');
    peer.send('a\r');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:a']);
    chat.setTerminator('\r');
    await way.passes(1, 0, map);
    expect(chat.take()).toEqual([]);
    peer.send('b');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['found', 'data:b']);
    end();
  });

  test('after close() in foundTerminator, nothing more of the input is delivered', async () => {
    const { chat, peer, map, end } = talk('\n');
    chat.onFound = () => chat.close();
    peer.send('one\ntwo\nthree\n');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:one', 'found']);
    expect(map.size).toBe(0);
    end();
  });

  test.each([
    ['\n', 'one\ntwo\n', 'one'],
    [3, 'onetwo', 'one'],
    [null, 'onetwo', 'onetwo'],
  ])('after close() in collectIncomingData, nothing more is delivered (terminator %j)', async (mark, sent, got) => {
    const { chat, peer, map, end } = talk(mark);
    chat.onData = () => chat.close();
    peer.send(sent);
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual([`data:${got}`]);
    end();
  });

  const callbacks = ['onFound', 'onData'] as const;
  const settlings: [how: string, settle: (callback: Settling) => void, told: string[]][] = [
    ['never settles', () => undefined, []],
    ['is done late', ({ resolve }) => resolve(), []],
    ['rejects late', ({ reject }) => reject(new Error('late')), ['error late']],
  ];
  const stale = callbacks.flatMap((name) => settlings.map((settling) => [name, ...settling] as const));

  test.each(stale)(
    'a new connection does not wait for %s of the last one, which %s',
    async (name, _how, settle, told) => {
      const { chat, peer, map, end } = talk('\n');
      const [old, first] = [new Settling(), new Settling()];
      chat.onError = () => undefined;
      chat[name] = () => old.promise;
      peer.send('old\n');
      await way.passes(1, 0.5, map);
      expect(chat.take()[0]).toBe('data:old');
      chat[name] = () => undefined;
      const next = connectAgain(chat);
      chat.onFound = () => first.promise;
      next.send('first\nsecond\n');
      await way.passes(1, 0.5, map);
      expect(chat.take()).toEqual(['data:first', 'found']);
      // Nor does it go on, stop waiting for its own callback or lose anything when the last one's settles.
      settle(old);
      await turn();
      await way.passes(1, 0.01, map);
      expect(chat.take()).toEqual(told);
      chat.onFound = () => undefined;
      first.resolve();
      await turn();
      await way.passes(1, 0.01, map);
      expect(chat.take()).toEqual(['data:second', 'found']);
      next.close();
      end();
    },
  );

  test.each(settlings)(
    'what waits behind a callback that %s waits for the new connection',
    async (_how, settle, told) => {
      const { chat, peer, map, end } = talk('\n');
      const old = new Settling();
      chat.onError = () => undefined;
      chat.onFound = () => old.promise;
      peer.send('old\nrest');
      await way.passes(1, 0.5, map);
      expect(chat.take()).toEqual(['data:old', 'found']);
      const next = connectAgain(chat);
      settle(old);
      await turn();
      await way.passes(1, 0.01, map);
      expect(chat.take()).toEqual(told);
      next.send(' and more\n');
      await way.passes(1, 0.5, map);
      expect(chat.take()).toEqual(['data:rest and more', 'found']);
      next.close();
      end();
    },
  );

  test.each(callbacks)(
    'nothing waits for %s that has connected again itself, and its rejection is heard',
    async (name) => {
      const { chat, peer, map, end } = talk('\n');
      const [old, two] = [new Settling(), new Settling()];
      const peers: Socket[] = [];
      chat.onError = () => undefined;
      chat[name] = () => {
        peers.push(connectAgain(chat));
        chat[name] = () => undefined;
        chat.onFound = () => two.promise;
        return old.promise;
      };
      peer.send('one\ntwo\nthree\n');
      await way.passes(1, 0.5, map);
      const first = name === 'onData' ? ['data:one', 'found'] : ['data:one', 'found', 'data:two', 'found'];
      expect(chat.take()).toEqual(first);
      old.reject(new Error('late'));
      await turn();
      peers[0]?.send('four\n');
      await way.passes(1, 0.5, map);
      // What came with the last connection is delivered in the new one, and is awaited there.
      expect(chat.take()).toEqual(['error late']);
      chat.onFound = () => undefined;
      two.resolve();
      await turn();
      expect(chat.take().slice(-4)).toEqual(['data:three', 'found', 'data:four', 'found']);
      peers[0]?.close();
      end();
    },
  );

  test('discardBuffers() ends the processing as well', async () => {
    const { chat, peer, map, end } = talk('\n');
    chat.onFound = () => chat.discardBuffers();
    peer.send('one\ntwo\n');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:one', 'found']);
    peer.send('three\n');
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['data:three', 'found']);
    end();
  });

  test('handleClose closes without logging', async () => {
    class Plain extends AsyncChat {}
    const { chat, peer, end } = talk();
    const logged: unknown[] = [];
    const map = new Map();
    const plain = new Plain(chat.socket, map);
    plain.logInfo = (message) => logged.push(message);
    peer.close();
    await way.passes(3, 0.1, map);
    expect(map.size).toBe(0);
    expect(logged).toEqual([]);
    end();
  });

  test('the bytes held back are fewer than the terminator has, however long the line', async () => {
    const { chat, peer, map, end } = talk('aaab');
    let most = 0;
    let received = 0;
    chat.onData = (_chat, data) => {
      received += data.length;
      chat.calls.length = 0;
    };
    for (let i = 0; i < 20; i++) {
      peer.send('a'.repeat(10_000));
      await way.passes(1, 0.5, map);
      most = Math.max(most, chat.acInBuffer.length);
    }
    expect(most).toBe(3);
    expect(received).toBe(200_000 - 3);
    end();
  });
});

test('handleRead ignores EAGAIN, hands other system errors to handleError, and throws everything else', () => {
  const { chat, end } = talk('\n');
  expect(chat.handleRead()).toBe(undefined);
  expect(chat.take()).toEqual([]);
  let failure: unknown = systemFailure('ETIMEDOUT');
  chat.recv = () => {
    throw failure;
  };
  chat.onError = () => undefined;
  chat.handleRead();
  expect(chat.take()).toEqual(['error ETIMEDOUT']);
  failure = new Error('a mistake');
  expect(thrownBy(() => chat.handleRead())).toBe(failure);
  end();
});

test('what an overridden recv() returns is cut at terminators', () => {
  const { chat, end } = talk('\n');
  chat.recv = () => Buffer.from('one\ntwo');
  chat.handleRead();
  expect(chat.take()).toEqual(['data:one', 'found', 'data:two']);
  end();
});

test('input that was processed or held back does not keep the large piece it came in', () => {
  const { chat, end } = talk('\r\n');
  chat.recv = () => Buffer.concat([Buffer.alloc(20_000, 'x'), Buffer.from('\r\n')]);
  chat.handleRead();
  expect(chat.acInBuffer.buffer.byteLength).toBe(0);
  chat.recv = () => Buffer.concat([Buffer.alloc(20_000, 'x'), Buffer.from('\r')]);
  chat.handleRead();
  expect(chat.acInBuffer.toString()).toBe('\r');
  expect(chat.acInBuffer.buffer.byteLength).toBeLessThan(20_000);
  end();
});
