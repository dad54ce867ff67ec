// The library's channels, with handlers that write a line to the trace and then do what the scenario's
// role says, or what the class itself would do. The twin of traced.py.
import { uncaptured } from '../../lib/dispatchers/error_lines.ts';
import {
  AsyncChat,
  type ChannelMap,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  FileWrapper,
  type Producer,
  type Transport,
} from '../../lib/index.ts';
import type { Socket } from '../../lib/socket.ts';
import type { HandlerName, Piece, Role, Want } from './scenario.ts';
import { Boom, bytesOf, kindOf, show } from './words.ts';

// CPython writes every line.
uncaptured.most = Infinity;

export type AnyChannel = Dispatcher<Transport>;

/** The world, which is told what the channels do. */
export interface Audience {
  readonly trace: string[];
  readonly map: ChannelMap;
  line(who: Traced, what: string, detail?: string): void;
  call(who: Traced, handler: HandlerName, library: () => unknown, detail?: string): void;
  accepted(who: Traced, sock: Socket, host: string, library: () => unknown): void;
}

/** A channel of the scenario. */
export interface Traced {
  readonly name: string;
  readonly role: Role;
  readonly channel: AnyChannel;
  readonly calls: Map<HandlerName, number>;
  readonly wants: { read: Want; write: Want } | undefined;
  closed: boolean;
  children: number;
  /** Whether there is little room for its output. */
  tight: boolean;
  /** Bytes sent since its queue was last seen empty. */
  burst: number;
}

type Ask = (channel: object, predicate: 'readable' | 'writable', library: () => unknown) => boolean;

/** The answers of the predicates overridden below. */
const asks = new WeakMap<object, Ask>();
const ask: Ask = (channel, predicate, library) => asks.get(channel)?.(channel, predicate, library) ?? false;

class AskedPlain extends Dispatcher {
  override readable() {
    return ask(this, 'readable', () => super.readable());
  }
  override writable() {
    return ask(this, 'writable', () => super.writable());
  }
}

class AskedFile extends FileDispatcher {
  override readable() {
    return ask(this, 'readable', () => super.readable());
  }
  override writable() {
    return ask(this, 'writable', () => super.writable());
  }
}

class AskedWithSend<T extends Transport> extends DispatcherWithSend<T> {
  override readable() {
    return ask(this, 'readable', () => super.readable());
  }
  override writable() {
    return ask(this, 'writable', () => super.writable());
  }
}

class AskedChat<T extends Transport> extends AsyncChat<T> {
  override readable() {
    return ask(this, 'readable', () => super.readable());
  }
  override writable() {
    return ask(this, 'writable', () => super.writable());
  }
}

/** What a channel is created on: a socket, a duplicate of a file's descriptor, or nothing yet. */
export type Ground = { sock: Socket } | { fd: number } | undefined;

function construct(role: Role, map: ChannelMap, ground: Ground): AnyChannel {
  const isAsked = role.wants !== undefined;
  if (ground !== undefined && 'fd' in ground) {
    const { fd } = ground;
    if (role.kind === 'plain') return new (isAsked ? AskedFile : FileDispatcher)(fd, map);
    const channel =
      role.kind === 'chat'
        ? new (isAsked ? AskedChat<FileWrapper> : AsyncChat<FileWrapper>)(null, map)
        : new (isAsked ? AskedWithSend<FileWrapper> : DispatcherWithSend<FileWrapper>)(null, map);
    channel.connected = true;
    const file = new FileWrapper(fd);
    file.setBlocking(false);
    channel.setSocket(file);
    return channel;
  }
  const sock = ground?.sock;
  if (role.kind === 'chat') return new (isAsked ? AskedChat<Socket> : AsyncChat<Socket>)(sock, map);
  if (role.kind === 'withSend') {
    return new (isAsked ? AskedWithSend<Socket> : DispatcherWithSend<Socket>)(sock, map);
  }
  return new (isAsked ? AskedPlain : Dispatcher)(sock, map);
}

export function make(world: Audience, name: string, role: Role, ground: Ground): Traced {
  const channel = construct(role, world.map, ground);
  const wants = role.wants && { ...role.wants };
  const tight = ground !== undefined && 'fd' in ground;
  const me: Traced = { name, role, channel, calls: new Map(), wants, closed: false, children: 0, burst: 0, tight };
  asks.set(channel, (_, predicate, library) => {
    world.trace.push(`? ${name} ${predicate}`);
    const want = predicate === 'readable' ? wants?.read : wants?.write;
    if (want === 'boom') throw new Boom();
    return Boolean(want === 'library' ? library() : want);
  });
  if (role.verbose) channel.ignoreLogTypes = new Set();
  channel.debug = role.debug ?? false;
  listenTo(world, me);
  if (channel instanceof AsyncChat) equip(world, me, channel);
  return me;
}

/** Wraps the handlers on the object itself, as users of asyncore do too. */
function listenTo(world: Audience, me: Traced): void {
  const { channel } = me;
  const { handleRead, handleWrite, handleExpt, handleConnect, handleAccept, handleAccepted } = channel;
  const { handleClose, handleError, close, setSocket } = channel;
  channel.handleRead = () => world.call(me, 'read', () => handleRead.call(channel));
  channel.handleWrite = () => world.call(me, 'write', () => handleWrite.call(channel));
  channel.handleExpt = () => world.call(me, 'expt', () => handleExpt.call(channel));
  channel.handleConnect = () => world.call(me, 'connect', () => handleConnect.call(channel));
  channel.handleAccept = () => world.call(me, 'accept', () => handleAccept.call(channel));
  channel.handleAccepted = (sock, addr) => {
    const host = Array.isArray(addr) ? addr[0] : String(addr);
    world.accepted(me, sock, host, () => handleAccepted.call(channel, sock, addr));
  };
  channel.handleClose = () => world.call(me, 'close', () => handleClose.call(channel));
  channel.handleError = (error) => world.call(me, 'error', () => handleError.call(channel, error), kindOf(error));
  channel.logInfo = (message, type = 'info') => {
    if (channel.ignoreLogTypes.has(type)) return;
    const words = type === 'warning' ? String(message) : String(message).split(' ')[0];
    world.line(me, 'log', `${type}: ${words}`);
  };
  channel.close = () => {
    me.closed = true;
    close.call(channel);
  };
  channel.setSocket = (sock, map) => {
    me.closed = false;
    setSocket.call(channel, sock, map);
  };
}

function equip(world: Audience, me: Traced, chat: AsyncChat<Transport>): void {
  const { role } = me;
  chat.acInBufferSize = role.inSize ?? 65536;
  chat.acOutBufferSize = role.outSize ?? 65536;
  if (role.terminator !== undefined) chat.setTerminator(role.terminator);
  if (role.abstract) return;
  chat.collectIncomingData = (data) => world.call(me, 'collect', () => chat._collectIncomingData(data), show(data));
  chat.foundTerminator = () => world.call(me, 'found', () => world.line(me, 'data', show(chat._getData())));
}

/** A channel's queues as the trace shows them. */
export function queuesOf({ channel, closed }: Traced): string {
  if (channel instanceof DispatcherWithSend) return String(channel.outBuffer.length);
  if (!(channel instanceof AsyncChat)) return '-';
  const waiting = closed ? '-' : channel.acInBuffer.length;
  return `${channel.producerFifo.length}/${channel.incoming.length}/${waiting}`;
}

/** Produces what the scenario says, piece by piece, and then nothing. */
export class ScriptedProducer implements Producer {
  readonly #world: Audience;
  readonly #me: Traced;
  readonly #pieces: Piece[];

  constructor(world: Audience, me: Traced, pieces: readonly Piece[]) {
    this.#world = world;
    this.#me = me;
    this.#pieces = [...pieces];
  }

  more(): Buffer {
    const piece = this.#pieces.shift();
    this.#world.line(this.#me, 'more', piece ? '' : 'end');
    if (piece === undefined) return Buffer.alloc(0);
    if ('boom' in piece) throw new Boom();
    if ('give' in piece) return bytesOf(piece.give);
    if (this.#me.channel instanceof AsyncChat) this.#me.channel.push(bytesOf(piece.push));
    return this.more();
  }
}
