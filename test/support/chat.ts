// An AsyncChat that records the calls it gets, and a peer to talk to it.
import { AsyncChat, type ChannelMap, type Terminator } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { messageOf } from './failure.ts';

export class RecordingChat extends AsyncChat {
  /** 'data:...' for every piece, 'found' for every terminator, 'error ...', 'close'. */
  readonly calls: string[] = [];
  onFound: (chat: RecordingChat, count: number) => unknown = () => undefined;
  onData: (chat: RecordingChat, data: Buffer) => unknown = () => undefined;
  onError: (chat: RecordingChat, error: unknown) => unknown = (chat) => chat.handleClose();
  found = 0;

  constructor(sock: Socket | null, map: ChannelMap, terminator?: Terminator) {
    super(sock, map);
    if (terminator !== undefined) this.setTerminator(terminator);
  }

  override collectIncomingData(data: Buffer) {
    this.calls.push(`data:${data.toString('latin1')}`);
    return this.onData(this, data);
  }

  override foundTerminator() {
    this.calls.push('found');
    return this.onFound(this, ++this.found);
  }

  override handleError(error: unknown) {
    this.calls.push(`error ${messageOf(error)}`);
    return this.onError(this, error);
  }

  override handleClose() {
    this.calls.push('close');
    return super.handleClose();
  }

  /** What has been recorded since the last call. */
  take(): string[] {
    return this.calls.splice(0);
  }
}

export interface Talk {
  chat: RecordingChat;
  peer: Socket;
  map: ChannelMap;
  /** Closes both ends. */
  end(): void;
}

/** Closes the chat, which goes on with another connection; the peer of that one. */
export function connectAgain(chat: AsyncChat): Socket {
  const [one, peer] = socketpair();
  chat.close();
  chat.setSocket(one);
  chat.connected = true;
  return peer;
}

/** A connected chat in its own map, and its peer. */
export function talk(terminator?: Terminator): Talk {
  const [one, peer] = socketpair();
  const map: ChannelMap = new Map();
  const chat = new RecordingChat(one, map, terminator);
  const end = () => {
    chat.close();
    peer.close();
  };
  return { chat, peer, map, end };
}
