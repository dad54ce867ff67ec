// Creates the channels and peers of a scenario: the acts that name something new. The twin of
// openings.py.
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipe } from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import { SO_SNDBUF, SOL_SOCKET, Socket } from '../../lib/socket.ts';
import { FAMILIES, newAddress, newSocket, openFile, Peer, streamPair, type Target } from './peer.ts';
import type { Opening, Role } from './scenario.ts';
import { type Audience, type Ground, make, type Traced } from './traced.ts';
import { bytesOf, errnoName } from './words.ts';

/** What the openings need from their world. */
interface Place extends Audience {
  readonly channels: Map<string, Traced>;
  readonly peers: Map<string, Peer>;
  readonly roles: readonly Role[];
  note(...words: string[]): void;
  settle(): void;
}

export class Openings {
  readonly #world: Place;
  readonly #folder: string;
  readonly #targets = new Map<string, Target>();
  #fifos = 0;

  constructor(world: Place, folder: string) {
    this.#world = world;
    this.#folder = folder;
  }

  open(act: Opening): void {
    const { channels, peers } = this.#world;
    const name = 'name' in act ? act.name : act.peer;
    if (channels.has(name) || peers.has(name)) return;
    switch (act.do) {
      case 'pair': {
        const [mine, theirs] = streamPair(act.family);
        if (act.buffer !== undefined) mine.setsockopt(SOL_SOCKET, SO_SNDBUF, act.buffer);
        peers.set(act.peer, new Peer(act.family, theirs));
        this.#make(name, act.role, { sock: mine }).tight = act.buffer !== undefined;
        return;
      }
      case 'twins': {
        const [mine, theirs] = streamPair(act.family);
        this.#make(name, act.role, { sock: mine });
        this.#make(act.other, act.otherRole, { sock: theirs });
        return;
      }
      case 'pipe': {
        const [reader, writer] = pipe();
        const [mine, theirs] = act.end === 'read' ? [reader, writer] : [writer, reader];
        peers.set(act.peer, new Peer('pipe', theirs));
        this.#make(name, act.role, { fd: mine.fd });
        mine.close();
        return;
      }
      case 'fifo': {
        const path = join(this.#folder, `fifo${this.#fifos++}`);
        const reader = openFile(path, constants.O_RDONLY);
        const writer = openFile(path, constants.O_WRONLY);
        const [mine, theirs] = act.end === 'read' ? [reader, writer] : [writer, reader];
        peers.set(act.peer, new Peer('fifo', theirs, { path, end: act.end }));
        this.#make(name, act.role, { fd: mine.fd });
        mine.close();
        return;
      }
      case 'file': {
        const path = join(this.#folder, 'file');
        writeFileSync(path, bytesOf(act.content));
        const fd = openSync(path, 'r');
        this.#make(name, act.role, { fd });
        closeSync(fd);
        return;
      }
      case 'listen':
        this.#listen(act);
        return;
      case 'connect':
        this.#connect(act);
        return;
      case 'rawListen': {
        const sock = newSocket(act.family);
        sock.bind(newAddress(act.family));
        if (!act.deaf) sock.listen(64);
        peers.set(name, new Peer(act.family, sock));
        this.#targets.set(name, { family: act.family, address: sock.getsockname() });
        return;
      }
      case 'rawConnect':
        this.#rawConnect(act.peer, act.to);
        return;
      case 'rawAccept': {
        const listener = peers.get(act.from);
        if (listener?.socket === undefined) return;
        peers.set(name, new Peer(listener.family, listener.socket.accept()[0]));
        this.#world.settle();
        return;
      }
    }
  }

  /** Turns an accepted connection into a channel. */
  adopt(listener: Traced, sock: Socket, role: number): void {
    listener.children++;
    this.#make(`${listener.name}/${listener.children}`, role, { sock });
  }

  reconnect({ channel }: Traced, to: string): void {
    const target = this.#targets.get(to);
    if (target === undefined || !(channel.socket instanceof Socket)) return;
    if (channel.socket.family !== FAMILIES[target.family]) return;
    try {
      channel.connect(target.address);
    } finally {
      this.#world.settle();
    }
  }

  #make(name: string, role: number, ground: Ground): Traced {
    const behaviour = this.#world.roles[role];
    if (behaviour === undefined) throw new RangeError(`no role ${role}`);
    const made = make(this.#world, name, behaviour, ground);
    this.#world.channels.set(name, made);
    return made;
  }

  #listen(act: Extract<Opening, { do: 'listen' }>): void {
    const { channel } = this.#make(act.name, act.role, undefined);
    const sock = newSocket(act.family);
    channel.setSocket(sock);
    channel.setReuseAddr();
    channel.bind(newAddress(act.family));
    channel.listen(64);
    this.#targets.set(act.name, { family: act.family, address: sock.getsockname() });
  }

  #connect(act: Extract<Opening, { do: 'connect' }>): void {
    const target = this.#targets.get(act.to);
    if (target === undefined) return;
    const { channel } = this.#make(act.name, act.role, undefined);
    channel.setSocket(newSocket(target.family));
    try {
      channel.connect(target.address);
    } finally {
      this.#world.settle();
    }
  }

  #rawConnect(name: string, to: string): void {
    const target = this.#targets.get(to);
    if (target === undefined) return;
    const sock = newSocket(target.family);
    this.#world.peers.set(name, new Peer(target.family, sock));
    const errno = sock.connectEx(target.address);
    const outcome = errno === 0 ? 'ok' : errnoName(errno);
    if (outcome === 'EINPROGRESS') selectSync([], [sock], [], 1);
    this.#world.note('connected', name, outcome === 'EINPROGRESS' ? 'ok' : outcome);
    this.#world.settle();
  }
}
