// pauseIncoming() and resumeIncoming(): messages that have been received wait as well.
import { describe, expect, test } from 'vitest';
import { loop } from '../../lib/index.ts';
import { connectAgain, talk } from '../support/chat.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

describe.each(WAYS)('$name', (way) => {
  test('a message is delivered after the answer to the one before it', async () => {
    const { chat, peer, map, end } = talk('\n');
    chat.onFound = () => chat.pauseIncoming();
    peer.send('one\ntwo\nthree');
    await passesUntil(way, () => chat.calls.length > 0, map);
    await way.passes(2, 0.01, map);
    expect(chat.take()).toEqual(['data:one', 'found']);
    // Nor does it read.
    peer.send('\nfour\n');
    await way.passes(2, 0.01, map);
    expect(chat.take()).toEqual([]);
    expect(chat.acInBuffer.toString()).toBe('two\nthree');
    chat.resumeIncoming();
    expect(chat.take()).toEqual(['data:two', 'found']);
    chat.resumeIncoming();
    expect(chat.take()).toEqual(['data:three']);
    await passesUntil(way, () => chat.calls.length > 0, map);
    expect(chat.take()).toEqual(['found']);
    chat.onFound = () => {};
    chat.resumeIncoming();
    expect(chat.take()).toEqual(['data:four', 'found']);
    end();
  });

  test('in the middle of a message, and resumed at once', async () => {
    const { chat, peer, map, end } = talk(2);
    chat.onData = () => chat.pauseIncoming();
    chat.onFound = () => {
      chat.setTerminator(2);
      chat.resumeIncoming();
    };
    peer.send('aabbcc');
    await passesUntil(way, () => chat.found === 3, map);
    expect(chat.take()).toEqual(['data:aa', 'found', 'data:bb', 'found', 'data:cc', 'found']);
    end();
  });
});

test.each(WAYS)('another connection is not paused ($name)', async (way) => {
  const { chat, peer, map, end } = talk('\n');
  chat.onFound = () => chat.pauseIncoming();
  peer.send('old\n');
  await passesUntil(way, () => chat.found === 1, map);
  const next = connectAgain(chat);
  next.send('first\nsecond\n');
  await passesUntil(way, () => chat.found === 2, map);
  // Its own messages pause it as before.
  await way.passes(2, 0.01, map);
  expect(chat.take()).toEqual(['data:old', 'found', 'data:first', 'found']);
  next.close();
  end();
});

test('requests are answered one after another, each some time later', async () => {
  const { chat, peer, map, end } = talk('\n');
  let busy = 0;
  let most = 0;
  chat.onFound = (_chat, count) => {
    most = Math.max(most, ++busy);
    chat.pauseIncoming();
    setTimeout(() => {
      busy--;
      chat.push(`${count} `);
      chat.resumeIncoming();
    }, 1);
  };
  const running = loop({ map });
  peer.send('\n'.repeat(50));
  await eventually(() => chat.found === 50 && busy === 0);
  expect(most).toBe(1);
  expect(peer.recv(1000).toString().trim().split(' ')).toEqual(Array.from({ length: 50 }, (_, i) => String(i + 1)));
  end();
  await running;
});

test('what a callback throws after resumeIncoming() goes to handleError', async () => {
  const { chat, peer, map, end } = talk('\n');
  chat.onFound = () => chat.pauseIncoming();
  peer.send('one\ntwo\n');
  await passesUntil(WAYS[0] ?? expect.unreachable(), () => chat.found === 1, map);
  chat.take();
  chat.onFound = () => {
    throw new Error('broken');
  };
  chat.resumeIncoming();
  expect(chat.take()).toEqual(['data:two', 'found', 'error broken', 'close']);
  end();
});

test('the rejection of an async foundTerminator() that pauses and resumes is told once', async () => {
  const { chat, peer, map, end } = talk('\n');
  chat.onError = () => undefined;
  chat.onFound = async () => {
    chat.pauseIncoming();
    try {
      await new Promise((_resolve, reject) => setTimeout(reject, 2, new Error(`failed ${chat.found}`)));
    } finally {
      chat.resumeIncoming();
    }
  };
  const running = loop({ map });
  for (const count of [1, 2]) {
    peer.send('\n');
    await eventually(() => chat.calls.length >= 2);
    // Whoever else has waited for it would be told now.
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(chat.take()).toEqual(['found', `error failed ${count}`]);
  }
  end();
  await running;
});

test('an async foundTerminator() that pauses and resumes', async () => {
  const { chat, peer, map, end } = talk('\n');
  chat.onFound = async () => {
    chat.pauseIncoming();
    await new Promise((resolve) => setTimeout(resolve, 2));
    chat.resumeIncoming();
    chat.calls.push('answered');
  };
  const running = loop({ map });
  peer.send('\n\n');
  await eventually(() => chat.calls.length === 4);
  expect(chat.take()).toEqual(['found', 'answered', 'found', 'answered']);
  end();
  await running;
});
