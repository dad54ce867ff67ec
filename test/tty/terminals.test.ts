// asyncore/tty: pairs of terminals, raw terminals, window sizes.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type ChannelMap, FileDispatcher, FileWrapper } from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import { openpty, restore, setRaw, ttyname, windowSize } from '../../lib/tty.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { thrownBy } from '../support/failure.ts';
import { isCloseOnExec, isNonBlocking } from '../support/flags.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { wrong } from '../support/state.ts';
import { attributes, settings } from '../support/terminal.ts';

class Screen extends FileDispatcher {
  text = '';
  override writable() {
    return false;
  }
  override handleRead() {
    this.text += this.recv(1000);
  }
  override handleClose() {
    this.close();
  }
}

// First, as long as no other terminal has been changed here.
test('a new terminal with the name of one that has gone is not taken for it', () => {
  const [first, old] = openpty();
  const name = ttyname(old);
  execFileSync('stty', ['-F', name, '-echo', 'intr', '^A']);
  setRaw(old);
  for (const file of [first, old]) file.close();
  const [again, fresh] = openpty();
  expect(ttyname(fresh)).toBe(name);
  const before = attributes(fresh);
  restore(fresh);
  expect(attributes(fresh)).toBe(before);
  setRaw(fresh);
  restore(fresh);
  expect(attributes(fresh)).toBe(before);
  for (const file of [again, fresh]) file.close();
});

for (const way of WAYS) {
  test(`a program in a new terminal is heard and told, and its end is the terminal's (${way.name})`, async () => {
    const [master, slave] = openpty();
    setRaw(slave);
    const map: ChannelMap = new Map();
    const screen = new Screen(master, map);
    const program = spawn('sh', ['-c', 'tty; read -r line; echo "got $line"'], {
      stdio: [slave.fd, slave.fd, slave.fd],
    });
    const name = ttyname(slave);
    for (const file of [master, slave]) file.close();
    await passesUntil(way, () => screen.text.includes(name), map, 2000);
    screen.send('a word\n');
    await passesUntil(way, () => map.size === 0, map, 2000);
    expect(screen.text).toBe(`${name}\ngot a word\n`);
    if (program.exitCode === null) await once(program, 'exit');
  });
}

test('neither end blocks or is inherited, and a program can wait at the second', () => {
  const [master, slave] = openpty();
  expect([isCloseOnExec(master.fd), isCloseOnExec(slave.fd)]).toEqual([true, true]);
  expect(isNonBlocking(slave.fd)).toBe(false);
  for (const file of [master, slave]) expect(thrownBy(() => file.read(1))).toMatchObject({ code: 'EAGAIN' });
  expect(ttyname(master)).toBe(ttyname(slave));
  expect(ttyname(slave)).toMatch(/^\/dev\//);
  for (const file of [master, slave]) file.close();
});

test('a raw terminal passes every byte on as it is, and is restored by either end', () => {
  const [master, slave] = openpty();
  const before = attributes(slave);
  setRaw(slave);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  for (const [from, to] of [
    [master, slave],
    [slave, master],
  ] as const) {
    from.write(bytes);
    selectSync([to], [], [], 1);
    expect(to.read(1000)).toEqual(bytes);
  }
  // Nothing was echoed.
  expect(thrownBy(() => master.read(1))).toMatchObject({ code: 'EAGAIN' });
  // What a second call finds is not what it was.
  setRaw(master, { signals: true });
  restore(master);
  expect(attributes(slave)).toBe(before);
  restore(slave);
  expect(attributes(slave)).toBe(before);
  for (const file of [master, slave]) file.close();
});

// A pseudo-terminal has always 8 bits and no parity.
describe('the settings of a line', () => {
  const cases: [Parameters<typeof setRaw>[1], string[]][] = [
    [{}, ['-icanon', '-echo', '-isig', '-opost', '-ixon', 'cs8', '-parenb', '38400']],
    [{ signals: true }, ['-icanon', '-echo', 'isig']],
    [{ baudRate: 115200 }, ['115200', 'clocal', 'cread']],
    [{ parity: 'even', stopBits: 2 }, ['-parodd', 'cstopb']],
    [{ parity: 'odd', stopBits: 1 }, ['parodd', '-cstopb']],
    [{ parity: 'none' }, ['-parenb']],
    [{ flowControl: 'hardware' }, ['crtscts', '-ixon', '-ixoff']],
    [{ flowControl: 'software' }, ['-crtscts', 'ixon', 'ixoff']],
    [{ flowControl: 'none' }, ['-crtscts', '-ixon', '-ixoff']],
  ];
  for (const [options, wanted] of cases) {
    test(JSON.stringify(options), () => {
      const [master, slave] = openpty();
      setRaw(slave, options);
      expect(wanted.filter((setting) => !settings(slave).has(setting))).toEqual([]);
      for (const file of [master, slave]) file.close();
    });
  }
});

test('closing the descriptor of a line puts it back, and closing a duplicate or a terminal does not', () => {
  const [master, slave] = openpty();
  const before = attributes(slave);
  const other = new FileWrapper(slave.fd);
  setRaw(other, { baudRate: 9600 });
  const raw = attributes(slave);
  expect(raw).not.toBe(before);
  new FileWrapper(slave.fd).close();
  expect(attributes(slave)).toBe(raw);
  other.close();
  expect(attributes(slave)).toBe(before);
  const again = new FileWrapper(slave.fd);
  setRaw(again);
  again.close();
  expect(attributes(slave)).not.toBe(before);
  for (const file of [master, slave]) file.close();
});

test('the size of the window is the same at both ends, and the program hears of it', async () => {
  const [master, slave] = openpty();
  expect(windowSize(master)).toEqual({ rows: 0, columns: 0, width: 0, height: 0 });
  expect(windowSize(slave, { rows: 24, columns: 80, width: 640, height: 480 })).toEqual(windowSize(master));
  setRaw(slave);
  // The terminal has to be its own, which only a new session can have.
  const program = spawn(
    'setsid',
    ['-c', 'sh', '-c', 'trap "stty size; exit" WINCH; echo on; while :; do sleep 0.05; done'],
    {
      stdio: [slave.fd, slave.fd, slave.fd],
    },
  );
  const read = () => (selectSync([master], [], [], 10)[0].length > 0 ? master.read(100).toString() : '');
  expect(read()).toBe('on\n');
  windowSize(master, { rows: 50, columns: 132 });
  expect(read()).toBe('50 132\n');
  await once(program, 'exit');
  for (const file of [master, slave]) file.close();
});

describe('refused', () => {
  const calls: [string, (fd: number) => unknown, object][] = [
    ['setRaw of no terminal', () => setRaw(null_.fd), { code: 'ENOTTY', syscall: 'tcsetattr' }],
    ['restore of no terminal', () => restore(null_), { code: 'ENOTTY', syscall: 'tcsetattr' }],
    ['the size of no terminal', () => windowSize(null_), { code: 'ENOTTY', syscall: 'ioctl' }],
    ['the name of no terminal', () => ttyname(null_), { code: 'ENOTTY', syscall: 'ttyname' }],
    ['a closed number', () => setRaw(1_000_000), { code: 'EBADF' }],
    ['a number that is none', () => setRaw(wrong('x')), { code: 'ERR_INVALID_ARG_TYPE' }],
    ['options that are none', (fd) => setRaw(fd, wrong(1)), { code: 'ERR_INVALID_ARG_TYPE' }],
    ['a baud rate of 0', (fd) => setRaw(fd, { baudRate: 0 }), { code: 'ERR_OUT_OF_RANGE' }],
    ['9 data bits', (fd) => setRaw(fd, { dataBits: 9 }), { code: 'ERR_OUT_OF_RANGE' }],
    ['1.5 stop bits', (fd) => setRaw(fd, { stopBits: 1.5 }), { code: 'ERR_OUT_OF_RANGE' }],
    ['an unknown parity', (fd) => setRaw(fd, { parity: wrong('mark') }), { code: 'ERR_INVALID_ARG_VALUE' }],
    ['an unknown flow control', (fd) => setRaw(fd, { flowControl: wrong(1) }), { code: 'ERR_INVALID_ARG_VALUE' }],
    ['signals that are no boolean', (fd) => setRaw(fd, { signals: wrong(1) }), { code: 'ERR_INVALID_ARG_TYPE' }],
    ['a window of 65,536 rows', (fd) => windowSize(fd, { rows: 65536, columns: 1 }), { code: 'ERR_OUT_OF_RANGE' }],
    ['a window that is none', (fd) => windowSize(fd, wrong(7)), { code: 'ERR_INVALID_ARG_TYPE' }],
  ];
  const null_ = { fd: 0 };
  for (const [what, call, error] of calls) {
    test(what, () => {
      const file = FileWrapper.open('/dev/null');
      null_.fd = file.fd;
      const [master, slave] = openpty();
      const before = [attributes(slave), openDescriptors()];
      expect(thrownBy(() => call(slave.fd))).toMatchObject(error);
      expect([attributes(slave), openDescriptors()]).toEqual(before);
      for (const each of [file, master, slave]) each.close();
    });
  }
});
