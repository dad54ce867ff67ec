// Handlers that are async functions: what their promises reject with is heard as if it were thrown,
// by handleError() or, where it leaves that, by the loop.
import { expect, test } from 'vitest';
import { type ChannelMap, Dispatcher, ExitNow, loop } from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';
import { runProgram } from '../support/child.ts';
import { BACKENDS } from '../support/matrix.ts';
import { Recorder, type RecorderOptions } from '../support/recorder.ts';
import { within } from '../support/time.ts';

const failing = (error: unknown) => async () => {
  await Promise.resolve();
  throw error;
};

/** A channel with something to read. */
function reading(on: RecorderOptions['on']) {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  peer.send('x');
  const channel = new Recorder({ sock, map, ...(on && { on }) });
  const close = () => {
    channel.close();
    peer.close();
  };
  return { map, channel, close };
}

for (const backend of BACKENDS) {
  test(`the error of an async handler goes to handleError (${backend})`, async () => {
    const { map, channel, close } = reading({ read: failing(new Error('boom')) });
    await within(loop({ backend, map, timeout: null }), 2, 'the channel to be closed');
    expect(channel.calls).toEqual(['read', 'error boom']);
    close();
  });

  test(`ExitNow thrown by an async handler leaves the loop, even after close() (${backend})`, async () => {
    for (const closes of [false, true]) {
      const exit = async (self: Recorder) => {
        if (closes) self.close();
        self.read = false;
        await Promise.resolve();
        throw new ExitNow('enough');
      };
      const { map, channel, close } = reading({ read: exit });
      const other = new Dispatcher(null, map);
      other.createSocket();
      await expect(within(loop({ backend, map, timeout: null }), 2, 'the end')).rejects.toThrow('enough');
      expect(channel.calls).toEqual(['read']);
      close();
      other.close();
    }
  });

  test(`a rejection of an async handleError leaves the loop, once (${backend})`, async () => {
    const on = { read: failing(new Error('first')), error: failing(new Error('second')) };
    const { map, channel, close } = reading(on);
    await expect(within(loop({ backend, map, timeout: null }), 2, 'the end')).rejects.toThrow('second');
    expect(channel.calls.filter((call) => call.startsWith('error'))).toEqual(['error first']);
    close();
  });
}

test('a rejection of an async handleError is an unhandled one when no loop runs any more', async () => {
  const { code, stdout } = await runProgram(`
    const [sock, peer] = sockets.socketpair();
    class Failing extends asyncore.Dispatcher {
      async handleRead() { throw new Error('first'); }
      async handleError() { throw new Error('second'); }
    }
    process.on('unhandledRejection', (error) => console.log(error.message));
    const channel = new Failing(sock);
    peer.send('x');
    asyncore.loopSync({ count: 1 });
    channel.close();
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'second\n' });
});
