// util.inspect() and text of the library's objects: asyncore's repr(), and a closed one is not asked.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { AsyncChat, Dispatcher, DispatcherWithSend, FileDispatcher, pipe } from '../../lib/index.ts';
import { EventFd, PidFd, TimerFd } from '../../lib/linux.ts';
import { Poll } from '../../lib/select.ts';
import { DefaultSelector, EVENT_READ } from '../../lib/selectors.ts';
import { AF_INET6, AF_UNIX, SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { temporaryPath } from '../support/matrix.ts';

test('a socket tells its state, its address and its number', () => {
  const listener = new Socket();
  expect(inspect(listener)).toBe(`<Socket fd=${listener.fileno()}>`);
  listener.bind(['127.0.0.1', 0]);
  const [, port] = listener.getsockname();
  expect(inspect(listener)).toBe(`<Socket 127.0.0.1:${port} fd=${listener.fileno()}>`);
  listener.listen();
  expect(inspect(listener)).toBe(`<Socket listening 127.0.0.1:${port} fd=${listener.fileno()}>`);
  const client = new Socket();
  client.connectEx(['127.0.0.1', Number(port)]);
  expect(inspect(client)).toBe(`<Socket connected 127.0.0.1:${port} fd=${client.fileno()}>`);
  expect(`${client}`).toBe(inspect(client));
  expect(inspect({ client })).toBe(`{ client: ${client} }`);
  for (const socket of [listener, client]) {
    socket.close();
    expect(inspect(socket)).toBe('<Socket closed>');
  }
});

test('addresses of every kind, escaped', () => {
  const six = new Socket(AF_INET6);
  six.bind(['::1', 0]);
  expect(inspect(six)).toBe(`<Socket ["::1",${six.getsockname()[1]},0,0] fd=${six.fileno()}>`);
  const path = `${temporaryPath()}\n`;
  const unix = new Socket(AF_UNIX, SOCK_DGRAM);
  unix.bind(path);
  expect(inspect(unix)).not.toContain('\n');
  const [here, there] = socketpair();
  expect(inspect(here)).toBe(`<Socket connected fd=${here.fileno()}>`);
  for (const socket of [six, unix, here, there]) socket.close();
});

test('a class is told by its name', () => {
  class Named extends Socket {}
  const socket = new Named();
  expect(inspect(socket)).toBe(`<Named fd=${socket.fileno()}>`);
  socket.close();
});

test('files, the descriptors of Linux, and what waits for them', () => {
  const [reader, writer] = pipe();
  const files = [reader, writer, new EventFd(), new TimerFd()];
  for (const file of files) {
    expect(inspect(file)).toBe(`<${file.constructor.name} fd=${file.fileno()}>`);
    expect(String(file)).toBe(inspect(file));
  }
  const pid = new PidFd(process.pid);
  expect(inspect(pid)).toBe(`<PidFd pid=${process.pid} fd=${pid.fd}>`);
  const poll = new Poll();
  poll.register(reader);
  expect(inspect(poll)).toBe('<Poll registered=1>');
  poll.unregister(reader);
  expect(inspect(poll)).toBe('<Poll registered=0>');
  const selector = new DefaultSelector();
  selector.register(reader, EVENT_READ);
  expect(inspect(selector)).toBe('<PollSelector registered=1>');
  selector.close();
  expect(inspect(selector)).toBe('<PollSelector closed>');
  for (const file of [...files, pid]) {
    file.close();
    expect(inspect(file)).toBe(`<${file.constructor.name} closed>`);
  }
});

test('channels and their queues', () => {
  const [here, there] = socketpair();
  const map = new Map();
  const chat = new AsyncChat(here, map);
  expect(inspect(chat)).toBe(`<AsyncChat connected "" fd=${here.fileno()}>`);
  expect(inspect(chat.producerFifo)).toBe('<Fifo length=0>');
  const sender = new DispatcherWithSend(there, map);
  expect(inspect(sender.outBuffer)).toBe('<ByteQueue length=0>');
  const file = new FileDispatcher(0, map);
  expect(inspect(file)).toBe(`<FileDispatcher connected fd=${file.fileno()}>`);
  expect(inspect(new Dispatcher(null, map))).toBe('<Dispatcher>');
  for (const channel of [chat, sender, file]) {
    channel.close();
    expect(inspect(channel)).not.toContain('fd=');
  }
});
