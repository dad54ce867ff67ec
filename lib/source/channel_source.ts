// A channel that stays in its map and is served by its loop, while somebody else takes the place of
// its handlers: its input and the room to send are theirs, until they give it back or close it.
import { AsyncChat } from '../chat/async_chat.ts';
import type { Dispatcher } from '../dispatchers/dispatcher.ts';
import { DispatcherWithSend } from '../dispatchers/dispatcher_with_send.ts';
import { type Transport, transportOf } from '../dispatchers/transport.ts';
import { TAKEN } from '../reactor/guard.ts';
import { hold, release } from '../reactor/held.ts';
import { hungUp, timed } from '../reactor/interest.ts';
import { POLLHUP, POLLIN, POLLOUT } from '../system/constants.ts';
import { CodedError } from '../system/errors.ts';
import { throwLater } from '../system/later.ts';
import { receiveAgain, takeUnread } from './received_again.ts';
import type { Sink, Source } from './source.ts';
import { StandIns } from './stand_ins.ts';

const EMPTY = Buffer.alloc(0);

/** The channels whose handlers somebody has taken the place of. */
const taken = new WeakSet<Dispatcher<Transport>>();

/** Takes what the channel has received and not used. */
function takeInput(channel: Dispatcher<Transport>): Buffer {
  const unread = takeUnread(channel);
  if (!(channel instanceof AsyncChat)) return unread;
  const before = channel.acInBuffer;
  channel.acInBuffer = EMPTY;
  return unread.length > 0 ? Buffer.concat([before, unread]) : before;
}

export class ChannelSource implements Source {
  readonly transport: Transport;
  readonly input: Buffer;
  readonly #channel: Dispatcher<Transport>;
  readonly #sink: Sink;
  readonly #standIns: StandIns;
  #wanted = 0;

  constructor(channel: Dispatcher<Transport>, sink: Sink) {
    this.transport = transportOf(channel);
    if (!channel.connected && !channel.accepting) {
      throw new CodedError('ERR_NOT_CONNECTED', 'The channel is not connected: wait for handleConnect()');
    }
    if (taken.has(channel)) {
      throw new CodedError('ERR_CHANNEL_IN_USE', 'A stream or an iteration already reads from this channel');
    }
    if (channel instanceof AsyncChat && [...channel.producerFifo].includes(null)) {
      throw new CodedError('ERR_CHANNEL_CLOSING', 'The channel is about to close: closeWhenDone() was called');
    }
    taken.add(channel);
    this.#channel = channel;
    this.#sink = sink;
    this.#standIns = new StandIns(channel);
    this.input = takeInput(channel);
    const put = (name: string | symbol, value: unknown) => this.#standIns.put(name, value);
    put('readable', () => (this.#wanted & POLLIN) !== 0);
    put('writable', () => (this.#wanted & POLLOUT) !== 0 || this.#queued > 0);
    put('handleReadEvent', () => this.#tell(POLLIN));
    put('handleWriteEvent', () => {
      if (this.flush() && this.#wanted & POLLOUT) this.#tell(POLLOUT);
    });
    put('handleClose', () => this.#tell(POLLHUP));
    put(hungUp, () => this.#tell(POLLHUP));
    put('handleError', (error: unknown) => this.#sink.failed(error));
    put('close', () => {
      this.#giveBack();
      channel.close();
      this.#sink.closed();
    });
    // Also what is held back for the handler that runs now, if it is async and waits for the next event. The end
    // that the channel has been told of is told again, to whoever stands in its place.
    hold(channel, TAKEN);
  }

  /** Bytes or entries that the channel itself has yet to send. */
  get #queued(): number {
    const channel = this.#channel;
    if (channel instanceof AsyncChat) return channel.producerFifo.length;
    return channel instanceof DispatcherWithSend ? channel.outBuffer.length : 0;
  }

  #giveBack(): void {
    this.#standIns.remove();
    taken.delete(this.#channel);
    // Its next events wait for those of its handlers that are still busy.
    release(this.#channel, TAKEN);
  }

  #tell(events: number): void {
    this.#channel[timed]?.moved(events & POLLOUT ? 'write' : 'read');
    try {
      this.#sink.ready(events);
    } catch (error) {
      throwLater(error);
    }
  }

  get shown(): object {
    return this.#channel;
  }

  want(events: number): void {
    this.#wanted = events;
  }

  flush(): boolean {
    const channel = this.#channel;
    if (this.#queued > 0 && (channel instanceof AsyncChat || channel instanceof DispatcherWithSend)) {
      channel.initiateSend();
    }
    return this.#queued === 0;
  }

  close(): void {
    this.#giveBack();
    this.#channel.close();
  }

  detach(rest: Buffer): void {
    this.#giveBack();
    if (rest.length > 0) receiveAgain(this.#channel, rest);
  }
}
