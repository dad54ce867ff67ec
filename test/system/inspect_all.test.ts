// util.inspect() of everything that the library hands out: each class of the public API, and what has no public
// class, open and closed. A class that is exported without a row here is missed, and so is one without a text.
import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  AsyncChat,
  channelMap,
  createServer,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  FileWrapper,
  pipe,
  SimpleProducer,
  type Transport,
} from '../../lib/index.ts';
import { Trace } from '../../lib/insight.ts';
import {
  EventFd,
  EventFdDispatcher,
  Inotify,
  InotifyDispatcher,
  PidFd,
  PidFdDispatcher,
  SignalFd,
  SignalFdDispatcher,
  TimerFd,
  TimerFdDispatcher,
} from '../../lib/linux.ts';
import { chunks, connections, lines } from '../../lib/promises.ts';
import { Poll } from '../../lib/select.ts';
import { BaseSelector, EVENT_READ, PollSelector, SelectSelector } from '../../lib/selectors.ts';
import { AF_INET, Socket, socketpair } from '../../lib/socket.ts';
import {
  toDuplex,
  toReadable,
  toReadableStream,
  toReadableWritablePair,
  toWritable,
  toWritableStream,
} from '../../lib/stream.ts';
import { native, SELECT } from '../../lib/system/native.ts';
import { openpty } from '../../lib/tty.ts';
import { publicNames } from '../support/public_names.ts';

/** What is shown, how it is closed, and what it is shown as before and afterwards. */
interface Row {
  readonly object: object;
  readonly open: RegExp;
  close?(): unknown;
  readonly closed?: RegExp;
}

function end(): Socket {
  const [here, there] = socketpair();
  onTestFinished(() => {
    for (const socket of [here, there]) socket.close();
  });
  return here;
}

function listener(): Socket {
  const socket = new Socket(AF_INET);
  socket.bind(['127.0.0.1', 0]);
  socket.listen();
  return socket;
}

const ofFile = (object: { close(): void; constructor: { name: string } }): Row => ({
  object,
  open: new RegExp(`^<${object.constructor.name} (pid=\\d+ )?fd=\\d+>$`),
  close: () => object.close(),
  closed: new RegExp(`^<${object.constructor.name} closed>$`),
});
const ofChannel = <T extends Transport>(object: Dispatcher<T>): Row => ({
  object,
  open: new RegExp(`^<${object.constructor.name} (connected|listening) (\\S+ )?fd=\\d+>$`),
  close: () => object.close(),
  closed: new RegExp(`^<${object.constructor.name}( \\S+)?>$`),
});
const ofStream = (object: { destroy(): unknown; constructor: { name: string } }): Row => ({
  object,
  open: new RegExp(`^<${object.constructor.name} of <Socket connected fd=\\d+>>$`),
  close: () => object.destroy(),
  closed: new RegExp(`^<${object.constructor.name} closed>$`),
});
const ofIteration = (object: AsyncGenerator<unknown, void, undefined>, from: string): Row => ({
  object,
  open: new RegExp(`^<${object.constructor.name} of <Socket ${from} fd=\\d+>>$`),
  close: async () => {
    object.next().catch(() => {});
    await object.return();
  },
  closed: new RegExp(`^<${object.constructor.name} closed>$`),
});
const ofSelector = (object: BaseSelector): Row => ({
  object,
  open: new RegExp(`^<${object.constructor.name} registered=0>$`),
  close: () => object.close(),
  closed: new RegExp(`^<${object.constructor.name} closed>$`),
});

/** By class. */
const ROWS: Readonly<Record<string, () => Row>> = {
  Socket: () => ({ ...ofFile(end()), open: /^<Socket connected fd=\d+>$/ }),
  FileWrapper: () => ofFile(new FileWrapper(0)),
  EventFd: () => ofFile(new EventFd()),
  TimerFd: () => ofFile(new TimerFd()),
  SignalFd: () => ofFile(new SignalFd(['SIGWINCH'])),
  Inotify: () => ofFile(new Inotify()),
  PidFd: () => ofFile(new PidFd(process.pid)),
  Dispatcher: () => ofChannel(new Dispatcher(end(), new Map())),
  DispatcherWithSend: () => ofChannel(new DispatcherWithSend(end(), new Map())),
  AsyncChat: () => ofChannel(new AsyncChat(end(), new Map())),
  FileDispatcher: () => ofChannel(new FileDispatcher(0, new Map())),
  Server: () => ofChannel(createServer(['127.0.0.1', 0], { map: new Map() }, () => {})),
  EventFdDispatcher: () => ofChannel(new EventFdDispatcher(new EventFd(), new Map())),
  TimerFdDispatcher: () => ofChannel(new TimerFdDispatcher(new TimerFd(), new Map())),
  SignalFdDispatcher: () => ofChannel(new SignalFdDispatcher(new SignalFd(['SIGWINCH']), new Map())),
  InotifyDispatcher: () => ofChannel(new InotifyDispatcher(new Inotify(), new Map())),
  PidFdDispatcher: () => ofChannel(new PidFdDispatcher(new PidFd(process.pid), new Map())),
  SimpleProducer: () => ({ object: new SimpleProducer('text'), open: /^<SimpleProducer length=4>$/ }),
  ByteQueue: () => {
    const channel = new DispatcherWithSend(null, new Map());
    return { object: channel.outBuffer, open: /^<ByteQueue length=0>$/ };
  },
  Fifo: () => ({ object: new AsyncChat(null, new Map()).producerFifo, open: /^<Fifo length=0>$/ }),
  Poll: () => ({ object: new Poll(), open: /^<Poll registered=0>$/ }),
  BaseSelector: () => ofSelector(new BaseSelector(SELECT)),
  SelectSelector: () => ofSelector(new SelectSelector()),
  PollSelector: () => ofSelector(new PollSelector()),
  SelectorMap: () => {
    const selector = new PollSelector();
    selector.register(end(), EVENT_READ);
    return {
      object: selector.getMap() ?? {},
      open: /^<SelectorMap registered=1>$/,
      close: () => selector.close(),
      closed: /^<SelectorMap registered=0>$/,
    };
  },
  Trace: () => {
    const object = new Trace();
    return {
      object,
      open: /^<Trace recording events=\d+>$/,
      close: () => object.stop(),
      closed: /^<Trace stopped events=\d+>$/,
    };
  },
  DescriptorDuplex: () => ofStream(toDuplex(end())),
  Lines: () => ofIteration(lines(end()), 'connected'),
};

/** What has no class of its own that is public. */
const OTHERS: Readonly<Record<string, () => Row>> = {
  'what chunks() gives': () => ofIteration(chunks(end()), 'connected'),
  'what connections() gives': () => ofIteration(connections(listener()), 'listening 127.0.0.1:\\d+'),
  'what toReadable() gives': () => ofStream(toReadable(end())),
  'what toWritable() gives': () => ofStream(toWritable(end())),
  'what toReadableStream() gives': () => {
    const object = toReadableStream(end());
    return {
      object,
      open: /^<ReadableStream of <DescriptorReadable of <Socket connected fd=\d+>>>$/,
      close: () => object.cancel(),
      closed: /^<ReadableStream closed>$/,
    };
  },
  'what toWritableStream() gives': () => {
    const object = toWritableStream(end());
    return {
      object,
      open: /^<WritableStream of <DescriptorWritable of <Socket connected fd=\d+>>>$/,
      close: () => object.abort(),
      closed: /^<WritableStream closed>$/,
    };
  },
  'what toReadableWritablePair() gives': () => {
    const object = toReadableWritablePair(end());
    return {
      object,
      open: /^{\s+readable: <ReadableStream of .+>,\s+writable: <WritableStream of .+>\s+}$/s,
      close: () => object.writable.abort(),
      closed: /^{\s+readable: <ReadableStream closed>,\s+writable: <WritableStream closed>\s+}$/,
    };
  },
  'a stream over a channel': () => {
    const object = toDuplex(new AsyncChat(end(), new Map()));
    return {
      object,
      open: /^<DescriptorDuplex of <AsyncChat connected "" fd=\d+>>$/,
      close: () => object.destroy(),
      closed: /^<DescriptorDuplex closed>$/,
    };
  },
  'the end of a pipe()': () => {
    const [reader, writer] = pipe();
    writer.close();
    return ofFile(reader);
  },
  'a terminal of openpty()': () => {
    const [master, slave] = openpty();
    slave.close();
    return ofFile(master);
  },
  'a channelMap() and what lingers in it': () => {
    const object = channelMap();
    new Dispatcher(end(), object).closeLingering();
    return {
      object,
      open: /^Map\(1\) { \d+ => <Lingering fd=\d+> }$/,
      close: () => object[Symbol.dispose](),
      closed: /^Map\(0\) {}$/,
    };
  },
};

/** The public classes that can be made, and are no errors. */
function publicClasses(): string[] {
  const folder = new URL('../../lib/', import.meta.url);
  const sources = readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((name) => name.endsWith('.ts'));
  const classes = sources.flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/^export class (\w+)\b(.*)/gm)].flatMap(
      ([, one = '', rest = '']) => (/extends \w*Error\b/.test(rest) ? [] : [one]),
    ),
  );
  const names = new Set([...publicNames().values()].flat());
  // The bases of the others, which nobody makes.
  for (const base of ['LinuxFile', 'LinuxDispatcher', 'Iteration']) names.delete(base);
  return classes.filter((name) => names.has(name)).sort();
}

test('every class has a row', () => {
  expect(Object.keys(ROWS).sort()).toEqual(publicClasses());
});

const ASKED = ['getsockname', 'getpeername', 'getsockopt', 'fileno'] as const;

describe.each(Object.entries({ ...ROWS, ...OTHERS }))('%s', (name, make) => {
  test('is shown as what it is, and one that is closed is not asked', async () => {
    const { object, open, close, closed } = make();
    if (name in ROWS) expect(object.constructor.name).toBe(name);
    expect(inspect(object)).toMatch(open);
    if (close === undefined || closed === undefined) return;
    await close();
    const spies = ASKED.map((call) => vi.spyOn(native, call));
    expect(inspect(object)).toMatch(closed);
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });
});
