// The options of a socket by name: what setsockopt() and getsockopt() take as numbers and structures.
import { inspect } from 'node:util';
import { boolean, integer, seconds } from '../system/arguments.ts';
import {
  AF_INET6,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_BROADCAST,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_PEERCRED,
  SO_RCVBUF,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOL_SOCKET,
  TCP_INFO,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_USER_TIMEOUT,
} from '../system/constants.ts';
import type { AddressInfo } from './address.ts';
import { changeMembership, setMulticastOption } from './multicast.ts';
import { known } from './option_name.ts';
import { reprOfSocket } from './repr.ts';
import { decodeTcpInfo, TCP_INFO_SIZE, type TcpInfo } from './tcp_info.ts';

/** A process at the other end of a UNIX socket, as it was when it connected. */
export interface PeerCredentials {
  /** The number of the process. */
  readonly pid: number;
  /** Its effective user id. */
  readonly uid: number;
  /** Its effective group id. */
  readonly gid: number;
}

/** As options of the system have it. */
function bool(value: unknown): number {
  return boolean(value, 'on') ? 1 : 0;
}

/**
 * The common options by name. What the system or the socket does not have throws `ENOTSUP`
 * or `ENOPROTOOPT`.
 */
export abstract class SocketOptions {
  /** The address family, `AF_*`. */
  abstract readonly family: number;
  /** getsockopt(2) of an option that is a number. */
  abstract getsockopt(level: number, name: number): number;
  /** getsockopt(2) of a structure: up to `length` bytes of it. */
  abstract getsockopt(level: number, name: number, length: number): Buffer;
  /** The descriptor's number, or -1 after close(). */
  abstract fileno(): number;
  /** The socket's own address. */
  abstract getsockname(): AddressInfo;
  /** The peer's address. */
  abstract getpeername(): AddressInfo;
  /** setsockopt(2): a number, or the bytes of a structure. */
  abstract setsockopt(level: number, name: number, value: number | Uint8Array): void;

  /** TCP_NODELAY: small pieces are sent at once (true) or gathered while an answer is awaited. */
  setNoDelay(on = true): void {
    this.setsockopt(IPPROTO_TCP, TCP_NODELAY, bool(on));
  }

  /**
   * SO_KEEPALIVE, and for TCP when the peer counts as gone: it is asked after `idle` whole seconds of
   * silence, then every `interval` seconds, and is gone after `count` questions without an answer.
   * What is left out stays as it is.
   */
  setKeepAlive(on: boolean, idle?: number, interval?: number, count?: number): void {
    const values: [name: number, value: number][] = [];
    const add = (name: number, value: unknown, what: string, most: number) => {
      if (value !== undefined) values.push([known(name), integer(value, what, 1, most)]);
    };
    add(TCP_KEEPIDLE, idle, 'idle', 32767);
    add(TCP_KEEPINTVL, interval, 'interval', 32767);
    add(TCP_KEEPCNT, count, 'count', 127);
    this.setsockopt(SOL_SOCKET, SO_KEEPALIVE, bool(on));
    for (const [name, value] of values) this.setsockopt(IPPROTO_TCP, name, value);
  }

  /** SO_REUSEPORT: several sockets may bind the same address, and connections are spread among them. */
  setReusePort(on = true): void {
    this.setsockopt(SOL_SOCKET, known(SO_REUSEPORT), bool(on));
  }

  /**
   * SO_LINGER: with 0 seconds, close() resets the connection and throws away what was not sent. With
   * more, the close of a blocking socket waits so many whole seconds for it to be sent; that of one that does not
   * block never waits, and the system sends it afterwards.
   */
  setLinger(on: boolean, seconds = 0): void {
    const linger = Int32Array.of(bool(on), integer(seconds, 'seconds', 0, 65535));
    this.setsockopt(SOL_SOCKET, SO_LINGER, new Uint8Array(linger.buffer));
  }

  /** SO_BROADCAST: datagrams may be sent to a broadcast address. */
  setBroadcast(on = true): void {
    this.setsockopt(SOL_SOCKET, SO_BROADCAST, bool(on));
  }

  /** SO_RCVBUF in bytes. Linux doubles it, for its own use, and limits it (net.core.rmem_max). */
  setRecvBufferSize(size: number): void {
    this.setsockopt(SOL_SOCKET, SO_RCVBUF, integer(size, 'size'));
  }

  /** SO_RCVBUF in bytes, as the system counts it. */
  getRecvBufferSize(): number {
    return this.getsockopt(SOL_SOCKET, SO_RCVBUF);
  }

  /** SO_SNDBUF in bytes. Linux doubles it, for its own use, and limits it (net.core.wmem_max). */
  setSendBufferSize(size: number): void {
    this.setsockopt(SOL_SOCKET, SO_SNDBUF, integer(size, 'size'));
  }

  /** SO_SNDBUF in bytes, as the system counts it. */
  getSendBufferSize(): number {
    return this.getsockopt(SOL_SOCKET, SO_SNDBUF);
  }

  /**
   * TCP_USER_TIMEOUT: how many seconds what was sent may stay without an acknowledgement before the
   * connection ends with `ETIMEDOUT`. null leaves it to the system.
   */
  setUserTimeout(time: number | null): void {
    const wanted = seconds(time, 'time');
    const milliseconds = wanted === Infinity ? 0 : Math.max(1, Math.ceil(1000 * wanted));
    this.setsockopt(IPPROTO_TCP, known(TCP_USER_TIMEOUT), integer(milliseconds, 'time'));
  }

  /** IPV6_V6ONLY: whether an IPv6 socket leaves IPv4 alone. To be set before bind(). */
  setV6Only(on = true): void {
    this.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, bool(on));
  }

  /** How many routers a datagram or a connection's packets may pass, 1 to 255. */
  setTTL(ttl: number): void {
    integer(ttl, 'ttl', 1, 255);
    if (this.family === AF_INET6) this.setsockopt(IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
    else this.setsockopt(IPPROTO_IP, IP_TTL, ttl);
  }

  /**
   * Joins a multicast group, at an interface given by its name or number (or, for IPv4, an address of
   * its); by default the system chooses one. `ENODEV` if there is none.
   */
  addMembership(group: string, on?: string | number): void {
    changeMembership(this, true, group, on);
  }

  /** Leaves a multicast group, with the arguments that it was joined with. */
  dropMembership(group: string, on?: string | number): void {
    changeMembership(this, false, group, on);
  }

  /** How many routers a multicast may pass, 0 (none, and not the wire either) to 255. The default is 1. */
  setMulticastTTL(ttl: number): void {
    setMulticastOption(this, 'TTL', integer(ttl, 'ttl', 0, 255));
  }

  /** Whether members on this host get what is sent to a group. They do by default. */
  setMulticastLoopback(on: boolean): void {
    setMulticastOption(this, 'LOOP', bool(on));
  }

  /** The interface that multicasts leave by, as in addMembership(). */
  setMulticastInterface(on: string | number): void {
    setMulticastOption(this, 'IF', on);
  }

  /** SO_PEERCRED of a UNIX socket: who had the other end when it was connected or began to listen. */
  peerCredentials(): PeerCredentials {
    const bytes = this.getsockopt(SOL_SOCKET, known(SO_PEERCRED), 12);
    const [pid = 0, uid = 0, gid = 0] = new Uint32Array(Uint8Array.from(bytes).buffer);
    return { pid, uid, gid };
  }

  /** TCP_INFO: what the system knows of the connection. Times are in seconds. */
  tcpInfo(): TcpInfo {
    return decodeTcpInfo(this.getsockopt(IPPROTO_TCP, known(TCP_INFO), TCP_INFO_SIZE));
  }

  /** `<Socket listening|connected host:port fd=n>`, or `<Socket closed>`. */
  toString(): string {
    return reprOfSocket(this);
  }

  /** @hidden */
  [inspect.custom](): string {
    return this.toString();
  }
}
