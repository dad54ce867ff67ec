// The library's world: the channels and peers of one scenario, its acts, and the trace. The twin of
// world.py.
import { AsyncChat, type ChannelMap, DispatcherWithSend, type Transport } from '../../lib/index.ts';
import { MSG_OOB, Socket } from '../../lib/socket.ts';
import { Openings } from './openings.ts';
import type { Peer } from './peer.ts';
import type { Act, ChannelAct, HandlerName, PeerAct, Role, Scenario } from './scenario.ts';
import { type Audience, queuesOf, ScriptedProducer, type Traced } from './traced.ts';
import { bytesOf, failure, kindOf, show } from './words.ts';

/** The greatest depth to which handlers may call each other. */
const DEEPEST = 6;
/**
 * How much output a DispatcherWithSend is sure to offer in one call: one block of its queue. Spread
 * over two calls, a nearly full socket may take a little less.
 */
const LONGEST_BURST = 4096;

export class World implements Audience {
  readonly trace: string[] = [];
  readonly map: ChannelMap = new Map();
  readonly channels = new Map<string, Traced>();
  readonly peers = new Map<string, Peer>();
  readonly roles: readonly Role[];
  /** The connection that handleAccepted() was given and that no channel has taken yet. */
  pending: Socket | undefined;
  readonly #openings: Openings;
  readonly #pause: number;
  #depth = 0;

  constructor(scenario: Scenario, folder: string, settle: number) {
    this.roles = scenario.roles;
    this.#pause = scenario.tcp ? settle : 0;
    this.#openings = new Openings(this, folder);
  }

  line(who: Traced, what: string, detail = ''): void {
    const { channel } = who;
    const flags = `${channel.connected ? 'C' : '-'}${channel.accepting ? 'A' : '-'}${channel.connecting ? 'N' : '-'}`;
    this.trace.push([who.name, what, flags, queuesOf(who), detail].filter((word) => word !== '').join(' '));
  }

  note(...words: string[]): void {
    this.trace.push(words.join(' '));
  }

  snapshot(): void {
    for (const who of this.channels.values()) this.line(who, 'state');
    const names = new Map([...this.channels.values()].map((who) => [who.channel, who.name]));
    this.note('map', ...[...this.map.values()].flatMap((channel) => this.#named(names, channel)));
  }

  #named(names: ReadonlyMap<object, string>, channel: object): string[] {
    const name = names.get(channel);
    return name === undefined ? [] : [name];
  }

  call(who: Traced, handler: HandlerName, library: () => unknown, detail = ''): void {
    this.line(who, handler, detail);
    const script = who.role.on[handler];
    if (script === undefined) {
      library();
      return;
    }
    const count = who.calls.get(handler) ?? 0;
    who.calls.set(handler, count + 1);
    if (this.#depth >= DEEPEST) {
      this.note('deep');
      return;
    }
    this.#depth++;
    try {
      for (const act of script[Math.min(count, script.length - 1)] ?? []) this.act(act, who, library);
    } finally {
      this.#depth--;
    }
  }

  accepted(who: Traced, sock: Socket, host: string, library: () => unknown): void {
    const outer = this.pending;
    this.pending = sock;
    try {
      this.call(who, 'accepted', library, host);
      if (who.role.on.accepted !== undefined && this.pending === sock) sock.close();
    } finally {
      this.pending = outer;
    }
  }

  acts(acts: readonly Act[]): void {
    for (const act of acts) {
      try {
        this.act(act, undefined, () => {});
      } catch (error) {
        this.note(act.do, 'failed', kindOf(error));
      }
    }
  }

  act(act: Act, me: Traced | undefined, library: () => unknown): void {
    switch (act.do) {
      case 'pair':
      case 'twins':
      case 'pipe':
      case 'fifo':
      case 'file':
      case 'listen':
      case 'connect':
      case 'rawListen':
      case 'rawConnect':
      case 'rawAccept':
        this.#openings.open(act);
        return;
      case 'send':
      case 'oob':
      case 'drain':
      case 'shut':
      case 'drop':
      case 'reset':
      case 'reopen':
        this.#actOfPeer(act);
        return;
      case 'throw':
        throw failure(act.failure);
      case 'library':
        library();
        return;
      case 'refuse':
        this.pending?.close();
        this.pending = undefined;
        return;
      case 'adopt': {
        const { pending } = this;
        this.pending = undefined;
        if (pending !== undefined && me !== undefined) this.#openings.adopt(me, pending, act.role);
        return;
      }
      default: {
        const who = act.who === undefined ? me : this.channels.get(act.who);
        if (who !== undefined) this.#actUpon(who, act);
      }
    }
  }

  /** Gives TCP time to deliver. */
  settle(): void {
    if (this.#pause > 0 && this.#depth === 0)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#pause * 1000);
  }

  #actOfPeer(act: PeerAct): void {
    const peer = this.peers.get(act.peer);
    if (peer === undefined) return;
    if (act.do === 'send') {
      const outcome = peer.send(bytesOf(act.data));
      if (outcome !== undefined) this.note(act.peer, outcome);
    } else if (act.do === 'drain') {
      this.note(act.peer, 'drained', peer.drain());
    } else if (act.do === 'drop') {
      peer.close();
    } else {
      peer[act.do]();
    }
    this.settle();
  }

  #actUpon(who: Traced, act: ChannelAct): void {
    const { channel } = who;
    switch (act.do) {
      case 'recv':
        this.line(who, 'received', show(channel.recv(act.size)));
        return;
      case 'recvOob':
        if (channel.socket instanceof Socket) this.line(who, 'oob', show(channel.socket.recv(1, MSG_OOB)));
        return;
      case 'close':
        channel.close();
        this.line(who, 'closed');
        return;
      case 'delist':
        channel.delChannel();
        return;
      case 'relist':
        if (!who.closed && channel.socket !== null) channel.setSocket(channel.socket);
        return;
      case 'accept':
        this.#accept(who);
        return;
      case 'want':
        if (who.wants === undefined) return;
        who.wants.read = act.read ?? who.wants.read;
        who.wants.write = act.write ?? who.wants.write;
        return;
      case 'reconnect':
        this.#openings.reconnect(who, act.to);
        return;
      case 'write':
        if (who.role.kind === 'chat') return;
        this.#write(who, bytesOf(act.data));
        return;
      default:
        if (channel instanceof AsyncChat) this.#actUponChat(who, channel, act);
    }
  }

  #write(who: Traced, data: Buffer): void {
    const { channel } = who;
    if (channel instanceof DispatcherWithSend && who.tight) {
      who.burst = (channel.outBuffer.length > 0 ? who.burst : 0) + data.length;
      if (who.burst > LONGEST_BURST) {
        this.note('enough');
        return;
      }
    }
    const count = channel.send(data);
    this.line(who, 'sent', who.role.kind === 'withSend' ? '' : String(count));
  }

  #accept(who: Traced): void {
    const { channel } = who;
    const pair = channel.accepting ? channel.accept() : null;
    this.line(who, 'accepting', pair ? 'one' : 'none');
    if (pair === null) return;
    try {
      channel.handleAccepted(...pair);
    } catch (error) {
      if (![...this.channels.values()].some((other) => other.channel.socket === pair[0])) pair[0].close();
      throw error;
    }
  }

  #actUponChat(who: Traced, chat: AsyncChat<Transport>, act: ChannelAct): void {
    if (act.do === 'push') {
      chat.push(bytesOf(act.data));
      this.line(who, 'pushed');
    } else if (act.do === 'produce') {
      chat.pushWithProducer(new ScriptedProducer(this, who, act.pieces));
      this.line(who, 'pushed');
    } else if (act.do === 'terminator') {
      chat.setTerminator(act.value);
    } else if (act.do === 'finish') {
      chat.closeWhenDone();
    } else if (act.do === 'discard') {
      chat.discardBuffers();
    }
  }

  /** Closes everything; over TCP with resets, which leave no port in TIME_WAIT. */
  finish(): void {
    this.note('left', String(this.map.size));
    for (const peer of this.peers.values()) {
      try {
        peer.reset();
      } catch {
        // No longer connected.
      }
    }
    for (const { channel } of this.channels.values()) channel.close();
  }
}
