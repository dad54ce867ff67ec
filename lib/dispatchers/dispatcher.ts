// asyncore's dispatcher: a channel with handlers. Its place in the map is in channel_base.ts, its
// socket's calls are in socket_channel.ts.
import type { AddressInfo } from '../descriptors/address.ts';
import type { Socket } from '../descriptors/socket.ts';
import { SO_ERROR, SOL_SOCKET } from '../system/constants.ts';
import { closed, taken, transportOf } from './channel_base.ts';
import { NONE, nothingNow, SocketChannel } from './socket_channel.ts';
import { describeError } from './traceback.ts';
import type { Transport } from './transport.ts';

/** The most connections that one read event accepts. */
const MOST_ACCEPTED = 64;

/**
 * A channel around a non-blocking socket: override its `handle...` methods, and `readable()` and
 * `writable()`, which are asked before every wait.
 *
 * Source: asyncore.py `dispatcher`.
 *
 * @example
 * class Client extends Dispatcher {
 *   override handleConnect() { this.send('GET / HTTP/1.0\r\n\r\n'); }
 *   override handleRead() { process.stdout.write(this.recv(8192)); }
 *   override handleWrite() {}
 *   override writable() { return !this.connected; }
 * }
 */
export class Dispatcher<T extends Transport = Socket> extends SocketChannel<T> {
  /** What the loop calls for input: handleAccept(), or handleRead() after what a connect calls for. */
  override handleReadEvent(): unknown {
    if (this.accepting) return this.handleAccept();
    if (!this.connected && this.connecting) {
      this.handleConnectEvent();
      if (this[closed]) return undefined;
    }
    try {
      return this.handleRead();
    } catch (error) {
      // Linux may say that there is input, and then there is none: that is no fault of the channel.
      if (error !== this[nothingNow]) throw error;
      this[nothingNow] = NONE;
      return undefined;
    }
  }

  /** What the loop calls when there is room to send: handleWrite(), after what a connect calls for. */
  override handleWriteEvent(): unknown {
    if (this.accepting) return undefined;
    if (!this.connected && this.connecting) {
      this.handleConnectEvent();
      if (this[closed]) return undefined;
    }
    return this.handleWrite();
  }

  /** What the loop calls for an exceptional condition: handleClose() for an error, else handleExpt(). */
  override handleExptEvent(): unknown {
    const error = transportOf(this).getsockopt(SOL_SOCKET, SO_ERROR);
    return error === 0 ? this.handleExpt() : this.handleClose();
  }

  /** What a handler threw. The default logs it in one line and calls handleClose(). */
  override handleError(error: unknown): unknown {
    let self: string;
    try {
      self = this.toString();
    } catch {
      self = '<toString() failed>';
    }
    this.logInfo(`uncaptured exception, closing channel ${self} (${describeError(error)})`, 'error');
    return this.handleClose();
  }

  /** Urgent data has come: take it with `socket.recv(size, MSG_OOB)`. */
  handleExpt(): unknown {
    return this.logInfo('unhandled incoming priority event', 'warning');
  }

  /** There is input, or the end of it: call recv(). */
  handleRead(): unknown {
    return this.logInfo('unhandled read event', 'warning');
  }

  /** There is room to send. */
  handleWrite(): unknown {
    return this.logInfo('unhandled write event', 'warning');
  }

  /** The connection is made; `connected` becomes true when this returns. */
  override handleConnect(): unknown {
    return this.logInfo('unhandled connect event', 'warning');
  }

  /** Takes the pending connections, up to 64, each to handleAccepted(). */
  handleAccept(): unknown {
    for (let i = 0; i < MOST_ACCEPTED && this.accepting; i++) {
      const pair = this.accept();
      if (pair === null) return undefined;
      const [sock, addr] = pair;
      try {
        this.handleAccepted(sock, addr);
      } catch (error) {
        // Nobody else will close it.
        if (!taken.has(sock)) sock.close();
        throw error;
      }
    }
    return undefined;
  }

  /** A new connection. The default closes it. */
  handleAccepted(sock: Socket, _addr: AddressInfo): unknown {
    sock.close();
    return this.logInfo('unhandled accepted event', 'warning');
  }

  /** The peer is gone. The default closes the channel. */
  override handleClose(): unknown {
    this.logInfo('unhandled close event', 'warning');
    return this.close();
  }
}
