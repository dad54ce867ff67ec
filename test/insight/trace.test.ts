// Trace: what it records, in the form that trace viewers read, and that it stops.
import { channel as diagnosticsChannel, hasSubscribers } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ChannelMap, createConnection, createServer, Dispatcher, loop } from '../../lib/index.ts';
import { Trace } from '../../lib/insight.ts';
import { temporaryPath, WAYS } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

const NAMES = ['asyncore:pass', 'asyncore:dispatch', 'asyncore:error', 'asyncore:accept'];

class Wrong extends Dispatcher {
  override writable(): boolean {
    return false;
  }

  override handleRead(): void {
    throw new Error('a "wrong"\nread');
  }

  override handleError(): void {
    this.close();
  }
}

/** What the Trace Event Format requires of an event of its kind. */
function expectFormat(event: Record<string, unknown>): void {
  const number = expect.any(Number);
  expect(event).toMatchObject({ name: expect.any(String), pid: number, tid: number, args: expect.any(Object) });
  switch (event['ph']) {
    case 'X':
      expect(event).toMatchObject({ cat: expect.any(String), ts: number, dur: number });
      expect(event['dur']).toBeGreaterThanOrEqual(0);
      break;
    case 'i':
      expect(event).toMatchObject({ cat: expect.any(String), ts: number, s: 't' });
      expect(event).not.toHaveProperty('dur');
      break;
    default:
      expect(event['ph']).toBe('M');
      expect(event['args']).toEqual({ name: expect.any(String) });
  }
}

/** Accepts one connection whose handler fails. */
async function program(backend: 'select' | 'poll'): Promise<void> {
  const map: ChannelMap = new Map();
  const server = createServer(['127.0.0.1', 0], { map }, (socket) => {
    new Wrong(socket, map);
    server.close();
  });
  const serving = loop({ map, backend });
  const client = await createConnection(server.getsockname());
  client.send('x');
  await serving;
  client.close();
}

describe.each(['select', 'poll'] as const)('%s', (backend) => {
  test('the file has passes around handlers, errors and connections', async () => {
    const trace = new Trace();
    await program(backend);
    trace.stop();
    const path = temporaryPath();
    trace.write(path);
    const { traceEvents, displayTimeUnit } = JSON.parse(readFileSync(path, 'utf8'));
    expect(displayTimeUnit).toBe('ms');
    const [processName, threadName, ...events] = traceEvents;
    expect(processName).toMatchObject({ ph: 'M', name: 'process_name', args: { name: process.title } });
    expect(threadName).toMatchObject({ ph: 'M', name: 'thread_name', pid: process.pid, tid: 0 });
    expect(events).toEqual(trace.events);
    for (const event of traceEvents) expectFormat(event);
    const of = (cat: string) => trace.events.filter((event) => event.cat === cat);
    expect(of('accept')).toMatchObject([{ name: 'Server accept', ph: 'i', s: 't' }]);
    expect(of('error')).toMatchObject([{ name: 'Error: a "wrong"\\u000aread', ph: 'i', s: 't' }]);
    // createConnection() waits with a channel of its own.
    const served = of('dispatch').filter(({ name }) => !name.startsWith('Connector'));
    expect(served).toMatchObject([
      { name: 'Server read', ph: 'X', pid: process.pid },
      { name: 'Wrong read', ph: 'X', pid: process.pid },
    ]);
    // Viewers nest what lies within.
    for (const inner of served) {
      const within = of('pass').filter(
        (pass) => pass.ts <= inner.ts && inner.ts + (inner.dur ?? 0) <= pass.ts + (pass.dur ?? 0),
      );
      expect(within).toHaveLength(1);
      expect(within[0]?.args).toMatchObject({ backend, events: 1 });
    }
  });
});

test('stop() ends it, and so does the end of a block', async () => {
  const trace = new Trace();
  expect(NAMES.map(hasSubscribers)).toEqual([true, true, true, true]);
  trace.stop();
  trace.stop();
  expect(NAMES.map(hasSubscribers)).toEqual([false, false, false, false]);
  await program('poll');
  expect(trace.events).toEqual([]);
  new Trace()[Symbol.dispose]();
  expect(NAMES.map(hasSubscribers)).toEqual([false, false, false, false]);
});

test('it keeps the events that it may, and counts the others', async () => {
  const trace = new Trace({ most: 2 });
  await WAYS[0]?.passes(1, 0);
  await program('poll');
  await eventually(() => trace.left > 0);
  trace.stop();
  expect(trace.events).toHaveLength(2);
  expect(JSON.parse(JSON.stringify(trace)).otherData.left).toBe(trace.left);
  expect(() => new Trace({ most: -1 })).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
});

test('what others publish there does no harm', () => {
  const trace = new Trace();
  for (const name of NAMES) for (const value of [null, 1, {}]) diagnosticsChannel(name).publish(value);
  trace.stop();
  expect(trace.events).toHaveLength(12);
});
