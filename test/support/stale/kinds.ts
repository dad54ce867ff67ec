// The kinds of channels that take part: each of the library's classes and an object of no class,
// some with predicates of their own, dressed so that their seat hears of everything.
import {
  AsyncChat,
  type ChannelMap,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  type FileWrapper,
} from '../../../lib/index.ts';
import { Socket } from '../../../lib/socket.ts';
import type { Half } from './half.ts';
import { ObjectBody } from './object_body.ts';
import type { Body, Seat } from './seat.ts';

export const SOCKET_KINDS = ['own', 'send', 'replaced', 'chat', 'object'] as const;
export type Kind = (typeof SOCKET_KINDS)[number] | 'file';

const NOTHING = Buffer.alloc(0);
/** The kinds whose predicates are ours. */
const ASKED: ReadonlySet<string> = new Set(['own', 'replaced', 'object', 'file']);
export const isAsked = (kind: string) => ASKED.has(kind);

/** A channel with predicates of its class's own. */
class Own extends Dispatcher {
  seat: Seat | undefined;
  override readable() {
    return this.seat?.answer('read') ?? false;
  }
  override writable() {
    return this.seat?.answer('write') ?? false;
  }
}

/** Puts the seat between the loop and the channel's methods. */
function dress(seat: Seat, channel: Dispatcher<Socket> | Dispatcher<FileWrapper>): void {
  const { handleReadEvent, handleWriteEvent, handleExptEvent, close, recv, send } = channel;
  channel.handleReadEvent = () => {
    seat.enter('read');
    return handleReadEvent.call(channel);
  };
  channel.handleWriteEvent = () => {
    seat.enter('write');
    return handleWriteEvent.call(channel);
  };
  channel.handleExptEvent = () => {
    seat.enter('expt');
    return handleExptEvent.call(channel);
  };
  channel.close = () => {
    seat.closing();
    close.call(channel);
  };
  channel.recv = (size) => seat.during('receive', () => recv.call(channel, size), NOTHING);
  channel.send = (data) => seat.during('send', () => send.call(channel, data), 0);
  channel.handleClose = () => seat.heardClose();
  channel.handleError = (error) => seat.heardError(error);
  channel.handleExpt = () => seat.fail('an exceptional condition');
  channel.logInfo = () => {};
  const { handleRead, handleWrite } = channel;
  const isChat = channel instanceof AsyncChat;
  channel.handleRead = () => {
    if (!seat.begin()) return undefined;
    if (isChat) return handleRead.call(channel);
    seat.body.receive(seat.world.size());
    return undefined;
  };
  channel.handleWrite = () => {
    if (!seat.begin()) return undefined;
    seat.wantsWrite = false;
    if (isChat || channel instanceof DispatcherWithSend) {
      return seat.during('send', () => handleWrite.call(channel), undefined);
    }
    if (seat.half !== undefined) seat.body.send(seat.half, seat.world.size());
    return undefined;
  };
}

/** A body around one of the library's channels. */
abstract class DispatcherBody implements Body {
  abstract readonly channel: Dispatcher<Socket> | FileDispatcher;
  protected readonly seat: Seat;

  constructor(seat: Seat) {
    this.seat = seat;
  }

  abstract enter(half: Half): void;

  send({ outgoing }: Half, size: number): void {
    outgoing?.give(this.channel.send(outgoing.next(size)));
  }

  waiting(): number {
    return 0;
  }

  receive(size: number): void {
    this.seat.received(this.channel.recv(size));
  }

  leave(): void {
    this.channel.delChannel();
    this.seat.unregistered();
  }
}

class SocketBody extends DispatcherBody {
  readonly channel: Dispatcher<Socket>;

  constructor(seat: Seat, channel: Dispatcher<Socket>) {
    super(seat);
    this.channel = channel;
  }

  override enter(half: Half): void {
    if (!(half.sock instanceof Socket)) return;
    this.channel.connected = true;
    this.channel.setSocket(half.sock);
    this.seat.registered(half);
  }
}

/** One that keeps what the system does not take: all that is given to it counts as given. */
class BufferingBody extends SocketBody {
  readonly #buffering: DispatcherWithSend | AsyncChat;
  #last: Half | undefined;

  constructor(seat: Seat, channel: DispatcherWithSend | AsyncChat) {
    super(seat, channel);
    this.#buffering = channel;
  }

  override send(half: Half, size: number): void {
    const bytes = half.outgoing?.next(size);
    if (bytes === undefined) return;
    // First, because sending may find out that the peer is gone, and what waits then is lost.
    half.outgoing?.give(bytes.length);
    if (this.#buffering instanceof AsyncChat) this.#buffering.push(bytes);
    else this.#buffering.send(bytes);
  }

  override waiting(): number {
    const channel = this.#buffering;
    return channel instanceof AsyncChat ? channel.producerFifo.size : channel.outBuffer.length;
  }

  override enter(half: Half): void {
    // Nothing of the last connection goes out on this one.
    if (half !== this.#last) {
      if (this.#buffering instanceof AsyncChat) this.#buffering.discardBuffers();
      else this.#buffering.outBuffer.clear();
    }
    this.#last = half;
    super.enter(half);
  }
}

class FileBody extends DispatcherBody {
  readonly channel: FileDispatcher;

  constructor(seat: Seat, channel: FileDispatcher) {
    super(seat);
    this.channel = channel;
  }

  override enter(): void {
    throw new Error('a file is not put back');
  }
}

function bodyOf(seat: Seat, map: ChannelMap): Body {
  if (seat.kind === 'object') return new ObjectBody(seat, map);
  if (seat.kind === 'own') {
    const channel = new Own(null, map);
    channel.seat = seat;
    dress(seat, channel);
    return new SocketBody(seat, channel);
  }
  const channel = seat.kind === 'chat' ? new AsyncChat(null, map) : new DispatcherWithSend(null, map);
  if (channel instanceof AsyncChat) {
    channel.setTerminator(null);
    channel.collectIncomingData = (data) => seat.received(data);
  } else if (seat.kind === 'replaced') {
    channel.readable = () => seat.answer('read');
    channel.writable = () => seat.answer('write');
  }
  dress(seat, channel);
  return new BufferingBody(seat, channel);
}

/** Gives the seat a channel of its kind around `half`, in the map. */
export function sit(seat: Seat, half: Half, map: ChannelMap): void {
  seat.body = bodyOf(seat, map);
  seat.body.enter(half);
}

/** A file's channel, around a duplicate of `fd`: what makes a half of it is given the duplicate. */
export function sitOnFile(seat: Seat, fd: number, map: ChannelMap, halfOf: (file: FileWrapper) => Half): void {
  const channel = new FileDispatcher(fd, map);
  const { socket } = channel;
  if (socket === null) throw new Error('a file without a socket');
  channel.readable = () => seat.answer('read');
  channel.writable = () => seat.answer('write');
  dress(seat, channel);
  seat.body = new FileBody(seat, channel);
  seat.registered(halfOf(socket));
}
