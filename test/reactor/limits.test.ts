// The limit of descriptors met exactly, none left at all, and the reactor's own closed by somebody
// else: nothing spins or hangs, channels are served, and nobody else's file is touched.
import { expect, test } from 'vitest';
import { type Ended, runCommand, runProgram, TSX, withLimit } from '../support/child.ts';
import { BACKENDS } from '../support/matrix.ts';

const url = (name: string) => JSON.stringify(new URL(`../../lib/${name}.ts`, import.meta.url).href);

const HELPERS = `
  import { execFileSync } from 'node:child_process';
  import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, writeSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  const eventfds = () => readdirSync('/proc/self/fd').filter((fd) => {
    try { return readlinkSync('/proc/self/fd/' + fd) === 'anon_inode:[eventfd]'; } catch { return false; }
  }).map(Number);
  const map = new Map();
  let heard = '';
  class Reader extends asyncore.Dispatcher {
    writable() { return false; }
    handleRead() { heard += this.recv(100); }
  }
  const eventually = async (condition, seconds = 5) => {
    const began = performance.now();
    while (!condition() && performance.now() - began < seconds * 1000) await sleep(2);
    return condition() ? (performance.now() - began) / 1000 : Infinity;
  };
  /** The share of a processor that this process needs while nothing happens. */
  const busy = async () => {
    const before = process.cpuUsage();
    await sleep(1000);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  /** Leaves no lower number free than the open \`fd\`. */
  const fillBelow = (fd) => {
    let lowest;
    while ((lowest = openSync('/dev/null', 'r')) < fd);
    closeSync(lowest);
  };
  const failed = (error) => console.log('the loop ended:', String(error));
`;

/** Runs a module in which up to 64 descriptors may be open. */
function limited(source: string): Promise<Ended> {
  const program = `const asyncore = await import(${url('index')}); const sockets = await import(${url('socket')});
    const selecting = await import(${url('select')}); ${HELPERS}
    const taken = [];
    const fill = () => { try { for (;;) taken.push(openSync('/dev/null', 'r')); } catch {} };
    const free = (count = Infinity) => { for (const fd of taken.splice(0, count)) closeSync(fd); };
    ${source}`;
  return runCommand(...withLimit(64, ['--input-type=module', '--eval', program]));
}

const LIMITS: [short: number, what: string][] = [
  [0, 'as many descriptors as are waited for'],
  [1, 'as many descriptors as are waited for and one'],
  [-15, 'fewer descriptors than are waited for'],
];

for (const backend of BACKENDS) {
  for (const [short, what] of LIMITS) {
    test(`a limit of ${what} does no harm (${backend})`, async () => {
      const { stdout, stderr } = await runProgram(`${HELPERS}
        const pairs = Array.from({ length: 40 }, () => sockets.socketpair());
        for (const [sock] of pairs) new Reader(sock, map);
        const end = asyncore.loop({ map, backend: '${backend}', timeout: null }).catch(failed);
        await sleep(100);
        execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=${40 + short}:']);
        // What the thread sleeps in began before.
        pairs[0][1].send('-');
        await eventually(() => heard === '-');
        const share = await busy();
        if (share > 0.2) console.log('busy', share);
        heard = '';
        for (const [, peer] of pairs) {
          const before = heard.length;
          peer.send('x');
          if (await eventually(() => heard.length > before) > 1) console.log('late');
        }
        console.log(heard);
        asyncore.closeAll(map);
        await end;
        for (const [, peer] of pairs) peer.close();
      `);
      expect({ stdout, stderr }).toEqual({ stdout: `${'x'.repeat(40)}\n`, stderr: '' });
    });
  }

  test(`a limit of fewer descriptors than are waited for is kept by what blocks and by single waits, too (${backend})`, async () => {
    const { stdout, stderr } = await runProgram(`${HELPERS}
      const { sockRecv } = await import(${url('promises')});
      const pairs = Array.from({ length: 40 }, () => sockets.socketpair());
      for (const [sock] of pairs) new Reader(sock, map);
      const received = Promise.all(pairs.map(([sock, peer]) => sockRecv(peer, 1, { timeout: 5 })));
      await sleep(100);
      execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=25:']);
      const pass = { map, backend: '${backend}', count: 1 };
      const began = performance.now();
      asyncore.loopSync({ ...pass, timeout: 0.1 });
      console.log(performance.now() - began >= 100, heard);
      for (const [, peer] of pairs) peer.send('x');
      asyncore.loopSync({ ...pass, timeout: 5 });
      console.log(heard);
      for (const [sock] of pairs) sock.send('y');
      console.log((await received).join(''));
      for (const [, peer] of pairs) peer.close();
      // A number that is not open, among more than may be waited for.
      const poller = new selecting.Poll();
      for (const channel of map.values()) poller.register(channel.fileno(), 1);
      poller.register(1000, 1);
      console.log((await poller.poll(5)).length);
      asyncore.closeAll(map);
    `);
    const [x, y] = ['x', 'y'].map((one) => one.repeat(40));
    expect({ stdout, stderr }).toEqual({ stdout: `true \n${x}\n${y}\n41\n`, stderr: '' });
  });

  test(`a loop that runs goes on without a descriptor left, and a select() in its handler is served (${backend})`, async () => {
    const { stdout, stderr } = await limited(`
      const [sock, peer] = sockets.socketpair();
      const [other, far] = sockets.socketpair();
      class Selecting extends Reader {
        async handleRead() {
          super.handleRead();
          const none = await selecting.select([other], [], [], 0.05);
          far.send('y');
          const one = await selecting.select([other], [], [], 5);
          other.recv(1);
          console.log(none[0].length, one[0].length);
        }
      }
      const channel = new Selecting(sock, map);
      const before = eventfds().length;
      const end = asyncore.loop({ map, backend: '${backend}', timeout: null }).catch(failed);
      // Before it sleeps for the first time.
      fill();
      for (const each of ['a', 'b']) {
        peer.send(each);
        if (await eventually(() => heard.endsWith(each)) > 1) console.log('late');
        await sleep(300);
      }
      const share = await busy();
      if (share > 0.2) console.log('busy', share);
      // What it sleeps with was there from the start; to look takes a descriptor for the folder.
      closeSync(taken.pop());
      if (eventfds().length !== before + 1) console.log('it cannot be woken');
      free();
      console.log(heard);
      channel.close();
      await end;
    `);
    expect({ stdout, stderr }).toEqual({ stdout: '0 1\n0 1\nab\n', stderr: '' });
  });

  test(`a loop that begins without a descriptor left serves its channels, and sleeps again when there is one (${backend})`, async () => {
    const { stdout, stderr } = await limited(`
      const [sock, peer] = sockets.socketpair();
      const channel = new Reader(sock, map);
      const before = eventfds().length;
      fill();
      const end = asyncore.loop({ map, backend: '${backend}', timeout: null, wait: 'worker' }).catch(failed);
      for (let i = 0; i < 10; i++) {
        await sleep(7);
        peer.send('x');
        if (await eventually(() => heard.length > i) > 0.5) console.log('late');
      }
      const blind = await busy();
      if (blind > 0.2) console.log('busy', blind);
      free(3);
      // To see it takes a descriptor for the folder.
      const own = () => eventfds().length - before;
      if (await eventually(() => own() === 1, 2) === Infinity) console.log('it does not sleep');
      // The voluntary switches of our own thread: looking every 20 ms would be 50 more.
      const of = (task, file) => readFileSync('/proc/self/task/' + task + '/' + file, 'utf8');
      const sum = () => readdirSync('/proc/self/task').filter((task) => of(task, 'comm') === 'asyncore\\n')
        .reduce((sum, task) => sum + Number(/^voluntary_ctxt_switches:\\s+(\\d+)/m.exec(of(task, 'status'))[1]), 0);
      const from = sum();
      if (from === 0) console.log('it has no thread');
      await sleep(1000);
      if (sum() - from > 30) console.log('it wakes', sum() - from, 'times');
      peer.send('y');
      if (await eventually(() => heard.endsWith('y')) > 0.5) console.log('late');
      free();
      console.log(heard);
      channel.close();
      await end;
    `);
    expect({ stdout, stderr }).toEqual({ stdout: `${'x'.repeat(10)}y\n`, stderr: '' });
  });
}

test('select() beside a poll() goes on with more descriptors than the limit lets poll() wait for', async () => {
  const { stdout, stderr } = await runProgram(`${HELPERS}
    const pairs = Array.from({ length: 40 }, () => sockets.socketpair());
    for (const [sock] of pairs) new Reader(sock, map);
    const end = asyncore.loop({ map, timeout: null }).catch(failed);
    const [sock, peer] = sockets.socketpair();
    const poller = new selecting.Poll();
    poller.register(sock, selecting.POLLIN);
    const polling = poller.poll(30);
    await sleep(100);
    execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=30:']);
    pairs[0][1].send('-');
    await eventually(() => heard === '-');
    const share = await busy();
    if (share > 0.3) console.log('busy', share);
    for (const [, each] of pairs) each.send('x');
    if (await eventually(() => heard.length === 41) > 1) console.log('late');
    peer.send('y');
    console.log(heard, (await polling).length);
    asyncore.closeAll(map);
    await end;
    for (const each of [sock, peer, ...pairs.map(([, far]) => far)]) each.close();
  `);
  expect({ stdout, stderr }).toEqual({ stdout: `-${'x'.repeat(40)} 1\n`, stderr: '' });
});

/** What takes the number of the reactor's descriptor, and says at the end whether anybody touched it. */
const STRANGERS: [what: string, take: string, state: string][] = [
  ['nothing', '() => undefined', "''"],
  [
    'a FIFO with something in it',
    `() => {
      execFileSync('mkfifo', [path]);
      const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      writeSync(fd, 'abc');
      return fd;
    }`,
    `(fd) => { const bytes = Buffer.alloc(10); return String(bytes.subarray(0, readSync(fd, bytes))); }`,
  ],
  [
    'an eventfd that is ready',
    // A duplicate of the one that this process was given.
    `() => { wrapper = new asyncore.FileWrapper(3); return wrapper.fileno(); }`,
    `(fd) => 'eventfd ' + /eventfd-count:\\s+(\\w+)/.exec(readFileSync('/proc/self/fdinfo/' + fd, 'utf8'))[1]`,
  ],
];
const EXPECTED = ['', 'abc', 'eventfd 5'];

// Gives the program an eventfd whose count is 5.
const WITH_EVENTFD = `
import ctypes, os, subprocess, sys
fd = ctypes.CDLL(None).eventfd(5, os.O_NONBLOCK)
os.dup2(fd, 3)
sys.exit(subprocess.run(sys.argv[1:], pass_fds=(3,)).returncode)
`;

for (const backend of BACKENDS) {
  for (const [index, [what, take, state]] of STRANGERS.entries()) {
    test(`somebody closes the reactor's own descriptor, and its number goes to ${what} (${backend})`, async () => {
      const program = `const asyncore = await import(${url('index')}); const sockets = await import(${url('socket')});
        const selecting = await import(${url('select')}); ${HELPERS}
        import { mkdtempSync, rmSync } from 'node:fs';
        import { tmpdir } from 'node:os';
        const folder = mkdtempSync(tmpdir() + '/asyncore-');
        const path = folder + '/fifo';
        let wrapper;
        const take = ${take};
        const state = ${state === "''" ? "() => ''" : state};
        const pairs = Array.from({ length: 3 }, () => sockets.socketpair());
        const channels = pairs.map(([sock]) => new Reader(sock, map));
        const others = new Set(eventfds());
        const end = asyncore.loop({ map, backend: '${backend}', timeout: null }).catch(failed);
        await sleep(100);
        const [own, ...rest] = eventfds().filter((fd) => !others.has(fd));
        if (own === undefined || rest.length > 0) console.log('not one descriptor', own, rest);
        fillBelow(own);
        closeSync(own);
        const fd = take();
        if (fd !== undefined && fd !== own) console.log('taken was', fd, 'and not', own);
        const before = fd === undefined ? undefined : fstatSync(fd).ino;
        const timed = (what, call) => {
          const began = performance.now();
          call();
          const took = (performance.now() - began) / 1000;
          if (took > 1.5) console.log(what, 'took', took);
        };
        timed('close()', () => channels[0].close());
        pairs[1][1].send('x');
        if (await eventually(() => heard === 'x') > 1.5) console.log('late', heard);
        timed('the second close()', () => channels[1].close());
        pairs[2][1].send('y');
        if (await eventually(() => heard === 'xy') > 0.5) console.log('later', heard);
        const share = await busy();
        if (share > 0.2) console.log('busy', share);
        channels[2].close();
        await end;
        // Until the reactor's thread has gone.
        await sleep(1500);
        if (fd !== undefined && fstatSync(fd).ino !== before) console.log('closed');
        console.log('[' + (fd === undefined ? '' : state(fd)) + ']');
        wrapper?.close();
        rmSync(folder, { recursive: true });
        process.exit();
      `;
      const node = [process.execPath, ...TSX, '--input-type=module', '--eval', program];
      const { stdout, stderr } = await runCommand('python3', ['-c', WITH_EVENTFD, ...node]);
      expect({ stdout, stderr }).toEqual({ stdout: `[${EXPECTED[index]}]\n`, stderr: '' });
    });
  }
}
