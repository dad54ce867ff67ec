// The arms: what is compared. Each has a name for the command line, a label for people, and the
// command that runs one of the measured programs with it, or null where it has no such program.
import { join } from 'node:path';

export type Program = 'echo' | 'ring' | 'bulk' | 'lines';

export type ArmName =
  | 'poll'
  | 'select'
  | 'poll-into'
  | 'select-into'
  | 'poll-inline'
  | 'select-inline'
  | 'stream'
  | 'node'
  | 'node-other'
  | 'libuv'
  | 'libuv-poll'
  | 'c-poll'
  | 'c-select'
  | 'c-epoll'
  | 'python';

/** Where a command finds what it names. */
export interface Places {
  /** The folder of the JavaScript programs. */
  programs: string;
  /** The folder of the programs and the addon that were compiled from C. */
  binaries: string;
  /** The file with the Python programs. */
  pythonArms: string;
  /** A Python that has asyncore, or null. */
  python: string | null;
}

export interface Arm {
  name: ArmName;
  label: string;
  family: 'asyncore' | 'node' | 'libuv' | 'c' | 'python';
  command(program: Program, places: Places): string[] | null;
}

function inNode(places: Places, file: string, ...options: string[]): string[] {
  const addon = join(places.binaries, 'bench-uv.addon');
  return [process.execPath, '--expose-gc', join(places.programs, file), '--addon', addon, ...options];
}

function library(name: ArmName, label: string, ...options: string[]): Arm {
  const command = (program: Program, places: Places): string[] | null => {
    if (options.includes('into') && (program === 'ring' || program === 'lines')) return null;
    return inNode(places, `${program}_asyncore.js`, ...options);
  };
  return { name, label, family: 'asyncore', command };
}

function raw(name: ArmName, label: string, backend: string): Arm {
  const binaries = { echo: 'echo-server', ring: 'pipe-ring', bulk: 'bulk-reader', lines: null };
  const command = (program: Program, places: Places): string[] | null => {
    const binary = binaries[program];
    return binary === null ? null : [join(places.binaries, binary), '--backend', backend];
  };
  return { name, label, family: 'c', command };
}

function libuv(name: ArmName, label: string, how: { echo: string; ring: string }): Arm {
  const command = (program: Program, places: Places): string[] | null => {
    if (program !== 'echo' && program !== 'ring') return null;
    return inNode(places, 'libuv.js', '--program', how[program]);
  };
  return { name, label, family: 'libuv', command };
}

const node: Arm = {
  name: 'node',
  label: 'Node net',
  family: 'node',
  command: (program, places) => inNode(places, `${program}_node.js`),
};

// Node's second way: fs streams for bulk transfers, and sockets on the write ends too for the ring.
const nodeOther: Arm = {
  name: 'node-other',
  label: 'Node, other way',
  family: 'node',
  command(program, places) {
    if (program === 'ring') return inNode(places, 'ring_node.js', '--mode', 'socket');
    return program === 'bulk' ? inNode(places, 'bulk_node.js', '--mode', 'fs') : null;
  },
};

// The library's Duplex, beside the streams of Node.
const stream: Arm = {
  name: 'stream',
  label: 'asyncore Duplex',
  family: 'asyncore',
  command: (program, places) => (program === 'bulk' ? inNode(places, 'bulk_stream.js') : null),
};

const python: Arm = {
  name: 'python',
  label: 'CPython asyncore',
  family: 'python',
  command(program, places) {
    if (places.python === null || program === 'bulk') return null;
    return [places.python, places.pythonArms, '--program', program];
  },
};

export const arms: readonly Arm[] = [
  library('poll', 'asyncore poll', '--backend', 'poll'),
  library('select', 'asyncore select', '--backend', 'select'),
  library('poll-into', 'asyncore poll, recvInto', '--backend', 'poll', '--mode', 'into'),
  library('select-into', 'asyncore select, recvInto', '--backend', 'select', '--mode', 'into'),
  library('poll-inline', 'asyncore poll, inline', '--backend', 'poll', '--wait', 'inline'),
  library('select-inline', 'asyncore select, inline', '--backend', 'select', '--wait', 'inline'),
  stream,
  node,
  nodeOther,
  libuv('libuv', 'libuv streams in C', { echo: 'stream-echo', ring: 'pipe-ring' }),
  libuv('libuv-poll', 'libuv uv_poll in C', { echo: 'poll-echo', ring: 'poll-ring' }),
  raw('c-poll', 'raw C poll()', 'poll'),
  raw('c-select', 'raw C select()', 'select'),
  raw('c-epoll', 'raw C epoll', 'epoll'),
  python,
];

/** What an arm is called in the tables of a workload. */
export function armLabel(arm: Arm, program: Program): string {
  if (arm.name === 'node' && program === 'ring') return 'Node net + fs.writeSync';
  if (arm.name === 'node-other') return program === 'bulk' ? 'Node fs stream' : 'Node net both ends';
  if (arm.name === 'node' && program === 'lines') return 'Node readline over net';
  if (arm.name === 'python' && program === 'lines') return 'CPython asynchat';
  if (arm.family === 'asyncore' && program === 'lines') return arm.label.replace('asyncore', 'AsyncChat');
  return arm.label;
}
