// examples/telnet_chat.ts under curl's telnet, Python's sockets with urgent data, and guests that mean no good.
import { expect, test } from 'vitest';
import { Child, runCommand } from '../support/child.ts';
import { Client, Program } from '../support/program.ts';
import { eventually } from '../support/wait.ts';

async function enter(port: number, name: string): Promise<Client> {
  const guest = new Client(port);
  guest.socket.write(`${name}\r\n`);
  await guest.receives(`* ${name} has joined`);
  return guest;
}

test('curl and a guest talk', async () => {
  const port = await new Program('examples/telnet_chat.ts').port();
  const anna = await enter(port, 'anna');
  const curl = new Child('curl', ['-sN', `telnet://127.0.0.1:${port}`]);
  curl.process.stdin?.write('anna\r\nbert\r\n');
  await anna.receives('* bert has joined\r\n');
  curl.process.stdin?.write('good mornink\x08g\r\n/who\r\n');
  await anna.receives('bert: good morning\r\n');
  anna.socket.write('same to you\n');
  await anna.receives('anna: same to you');
  curl.process.stdin?.write('/quit\r\n');
  await anna.receives('* bert has left\r\n');
  curl.process.stdin?.end();
  await curl.ended;
  expect(curl.stdout.replace(/\r/g, '').split('\n')).toEqual([
    'Your name?',
    'Another name?',
    '* bert has joined',
    'bert: good morning',
    'anna, bert',
    'anna: same to you',
    'Bye!',
    '',
  ]);
});

test('telnet commands are obeyed, declined or passed over, however they are cut', async () => {
  const port = await new Program('examples/telnet_chat.ts').port();
  const script = `
import socket, sys
guest = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); file = guest.makefile('rb')
print(file.readline(), flush=True)
sent = (b'carl\\r\\n' + bytes([255, 251, 31, 255, 253, 1, 255, 252, 3, 255, 254, 3])
  + b'one' + bytes([255, 247]) + b'\\xff\\xfa\\x18\\x00xterm\\xff\\xff!\\xff\\xf0' + b'ce' + bytes([255, 241]) + b'\\r\\n'
  + b'wrong' + bytes([255, 248]) + b'right\\r\\0\\n' + bytes([255, 246]))
for byte in sent: guest.send(bytes([byte]))
print(file.readline(), file.read(6), file.readline(), file.readline(), file.readline())
`;
  const { stdout, stderr } = await runCommand('python3', ['-u', '-c', script, String(port)]);
  const declined = String.raw`b'\xff\xfe\x1f\xff\xfc\x01'`;
  expect([stderr, stdout.replaceAll(String.raw`\r\n`, '')]).toEqual([
    '',
    `b'Your name?'\nb'* carl has joined' ${declined} b'carl: once' b'carl: right' b'[yes]'\n`,
  ]);
});

test('urgent data interrupts: the line is forgotten, and the rest arrives', async () => {
  const port = await new Program('examples/telnet_chat.ts').port();
  const script = `
import socket, sys
guest = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); file = guest.makefile('rb')
guest.sendall(b'dora\\r\\n'); print(file.readline(), file.readline())
for urgent in b'\\xff\\xf2', b'!':
    guest.sendall(b'forget this'); guest.send(urgent, socket.MSG_OOB)
    print(file.readline())
    guest.sendall(b'after\\r\\n'); print(file.readline())
guest.sendall(b'/quit\\r\\n'); print(file.read())
`;
  const { stdout, stderr } = await runCommand('python3', ['-c', script, String(port)]);
  const once = "b'[interrupted]'\nb'dora: after'\n";
  expect([stderr, stdout.replaceAll(String.raw`\r\n`, '')]).toEqual([
    '',
    `b'Your name?' b'* dora has joined'\n${once}${once}b'Bye!'\n`,
  ]);
});

test('guests that send too much, sleep, vanish or do not read', async () => {
  const server = new Program('examples/telnet_chat.ts', ['0', '2']);
  const port = await server.port();
  const asleep = await enter(port, 'asleep');
  const anna = await enter(port, 'anna');
  const breathing = setInterval(() => anna.socket.write('\0'), 100);
  const gone = await enter(port, 'gone');
  gone.socket.resetAndDestroy();
  await anna.receives('* gone has left');
  anna.socket.write(`${'x'.repeat(10_000)}\x1b[2J\r\n`);
  await anna.receives(`anna: ${'x'.repeat(500)}\r\n`);
  await asleep.closed;
  expect(asleep.received).toContain('[you are asleep]');
  await anna.receives('* asleep has fallen asleep');

  const deaf = await enter(port, 'deaf');
  deaf.socket.pause();
  const flood = setInterval(() => {
    anna.received = anna.received.replaceAll(/anna: y+\r\n/g, '');
    if (anna.socket.writableLength < 100_000) anna.socket.write(`${'y'.repeat(480)}\r\n`.repeat(100));
    deaf.socket.write('\0');
  }, 5);
  await eventually(() => /deaf (reads too|has left|has been lost)/.test(anna.received), 'deaf has stayed', 10);
  clearInterval(flood);
  expect(anna.received).toContain('* deaf reads too slowly');
  clearInterval(breathing);
  await deaf.close();
  await anna.close();
});
