// Out of descriptors or memory, a listener rests and stays open, where asyncore's default closes it
// and a handle_error that does not close spins.
import { expect, test } from 'vitest';
import type { ChannelMap } from '../../lib/index.ts';
import { Socket } from '../../lib/socket.ts';
import { runCommand, withLimit } from '../support/child.ts';
import { systemFailure, thrownBy } from '../support/failure.ts';
import { FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';
import { Recorder } from '../support/recorder.ts';
import { duration } from '../support/time.ts';

const [INET] = FAMILIES;
if (INET === undefined) throw new Error('no family');
const { family, address } = INET;

/** A listener with a pending connection; `fail` has accept(2) fail with that error. */
function crowded(map: ChannelMap) {
  const channel = new Recorder({ map, on: { error: () => {} } });
  channel.createSocket(family);
  channel.bind(address());
  channel.listen(5);
  const client = new Socket(family);
  client.connectEx(channel.socket?.getsockname() ?? '');
  const { socket } = channel;
  if (socket === null) throw new Error('no socket');
  const accept = socket.accept.bind(socket);
  let attempts = 0;
  let failure: string | undefined;
  socket.accept = () => {
    attempts++;
    if (failure !== undefined) throw systemFailure(failure, 'accept');
    return accept();
  };
  return {
    channel,
    attempts: () => attempts,
    fail(name: string | undefined) {
      failure = name;
    },
    close() {
      channel.close();
      client.close();
      for (const [sock] of channel.accepted) sock.close();
    },
  };
}

for (const way of WAYS) {
  for (const name of ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']) {
    test(`after ${name} a listener rests, and takes the connection later (${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const { channel, attempts, fail, close } = crowded(map);
      const output: string[] = [];
      channel.logInfo = (message) => void output.push(`${message}`);
      fail(name);
      // As many passes as fit: it does not spin.
      const seconds = await duration(() => way.passes(4, 0.01, map));
      expect(seconds).toBeGreaterThanOrEqual(0.03);
      expect(attempts()).toBeLessThanOrEqual(2);
      expect([...map.values()]).toEqual([channel]);
      await passesUntil(way, () => attempts() >= 3, map);
      // One report for a row of failures.
      expect(output).toEqual([`cannot accept: ${name}; ${channel} tries again`]);
      fail(undefined);
      await passesUntil(way, () => channel.accepted.length === 1, map);
      expect(channel.errors).toEqual([]);
      close();
    });
  }

  test(`a pass that would wait for ever wakes up for a resting listener (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const { channel, attempts, fail, close } = crowded(map);
    channel.logInfo = () => undefined;
    fail('EMFILE');
    await way.passes(1, null, map);
    expect(attempts()).toBe(1);
    fail(undefined);
    const seconds = await duration(() => way.passes(1, null, map));
    expect(channel.accepted.length).toBe(1);
    expect(seconds).toBeGreaterThan(0.02);
    expect(seconds).toBeLessThan(2);
    close();
  });
}

test('other channels are served while a listener rests', async () => {
  for (const way of WAYS) {
    const map: ChannelMap = new Map();
    const { channel, fail, close } = crowded(map);
    channel.logInfo = () => undefined;
    const other = new Recorder({ map: new Map() });
    fail('EMFILE');
    await way.passes(1, 1, map);
    other.createSocket(family);
    other.connect(channel.socket?.getsockname() ?? '');
    other.write = true;
    other.addChannel(map);
    await passesUntil(way, () => other.calls.includes('write'), map);
    expect(other.calls.slice(0, 2)).toEqual(['connect', 'write']);
    other.close();
    close();
  }
});

test('a server that ran out of descriptors goes on when there are some again', async () => {
  const program = new URL('../programs/crowd.ts', import.meta.url).pathname;
  const { code, stdout, stderr } = await runCommand(...withLimit(64, [program]));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^error: cannot accept: EMFILE; <Server listening 127\.0\.0\.1:0 fd=\d+> tries again\nserved\n$/,
  );
});

test('accept() rethrows what is not a system error unchanged', () => {
  const map: ChannelMap = new Map();
  const { channel, close } = crowded(map);
  const { socket } = channel;
  if (socket !== null) {
    socket.accept = () => {
      throw new TypeError('mine');
    };
  }
  expect(thrownBy(() => channel.accept())).toEqual(new TypeError('mine'));
  close();
});
