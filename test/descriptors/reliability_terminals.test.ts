// Terminals as channels. Python opens the pair, because Node has no call for that, and a program of
// ours gets one of its ends as descriptor 3.
import { expect, test } from 'vitest';
import { runCommand } from '../support/child.ts';
import { BACKENDS } from '../support/matrix.ts';

const index = JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href);

/** Runs `program` (a module with the library in `asyncore`) beside `python`, which has master and slave. */
async function withTerminal(python: string, program: string): Promise<string> {
  const script = `
import os, pty, subprocess, sys, threading, time, tty
master, slave = pty.openpty()
tty.setraw(slave)
def start(fd):
    def place():
        os.dup2(fd, 3)
    return subprocess.Popen(sys.argv[1:], preexec_fn=place, pass_fds=[3], stdout=subprocess.PIPE, text=True)
${python}
print(node.communicate(timeout=10)[0].strip(), node.returncode)
`;
  const source = `const asyncore = await import(${index}); ${program}`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', source];
  const { stdout, stderr } = await runCommand('python3', ['-c', script, ...node]);
  expect(stderr).toBe('');
  return stdout.trim();
}

for (const backend of BACKENDS) {
  test(`everything a terminal's program wrote is read before its end, which comes once (${backend})`, async () => {
    const said = await withTerminal(
      `
node = start(master)
os.close(master)
os.write(slave, b'ready')
def write():
    left = b'x' * 100000
    while left:
        left = left[os.write(slave, left):]
    os.close(slave)
threading.Thread(target=write).start()
`,
      `
      const calls = [];
      let bytes = 0;
      class Terminal extends asyncore.FileDispatcher {
        writable() { return false; }
        handleRead() { bytes += this.recv(1000).length; }
        handleClose() { calls.push('close'); this.close(); }
        handleError(error) { calls.push(error.code); this.close(); }
      }
      new Terminal(3);
      await asyncore.loop({ backend: '${backend}' });
      console.log(bytes, calls.join());
    `,
    );
    // EIO is how Linux tells the end of a terminal: with select() read(2) says it, poll() reports the
    // hang-up itself.
    expect(said).toBe('100005 close 0');
  });
}

test('writing to a terminal whose other end has gone does not end the process', async () => {
  const said = await withTerminal(
    `
node = start(slave)
os.close(slave)
os.close(master)
`,
    `
    const codes = [];
    // From now on the signal would end the process.
    const hear = () => codes.push('SIGPIPE');
    process.on('SIGPIPE', hear);
    process.off('SIGPIPE', hear);
    process.on('SIGHUP', () => {});
    const terminal = new asyncore.FileWrapper(3);
    try { terminal.write('x'); } catch (error) { codes.push(error.code); }
    console.log(codes.join());
  `,
  );
  expect(said).toBe('EIO 0');
});
