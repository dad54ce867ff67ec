// A dispatcher that records the calls it gets, for tests of which event reaches which channel, when,
// and in what order.
import { type ChannelMap, Dispatcher } from '../../lib/index.ts';
import type { AddressInfo, Socket } from '../../lib/socket.ts';
import { messageOf } from './failure.ts';

export type Step = 'read' | 'write' | 'expt' | 'connect' | 'accept' | 'accepted' | 'close' | 'error';

export interface RecorderOptions {
  sock?: Socket;
  map?: ChannelMap;
  /** Precedes each entry in the record. */
  name?: string;
  /** The record, if several channels share one. */
  calls?: string[];
  /** What readable() answers; default true. */
  read?: boolean;
  /** What writable() answers; default false. */
  write?: boolean;
  /** What a handler does after being recorded; close and error close the channel by default. */
  on?: Partial<Record<Step, (self: Recorder) => unknown>>;
}

export class Recorder extends Dispatcher {
  readonly calls: string[];
  readonly name: string;
  read: boolean;
  write: boolean;
  readonly on: Partial<Record<Step, (self: Recorder) => unknown>>;
  /** What handleError() was given. */
  readonly errors: unknown[] = [];
  /** What handleAccepted() was given. */
  readonly accepted: [Socket, AddressInfo][] = [];

  constructor({ sock, map, name = '', calls = [], read = true, write = false, on = {} }: RecorderOptions = {}) {
    super(sock, map);
    this.name = name;
    this.calls = calls;
    this.read = read;
    this.write = write;
    this.on = on;
  }

  #step(step: Step, note = ''): unknown {
    this.calls.push(`${this.name}${step}${note}`);
    return this.on[step]?.(this);
  }

  override readable() {
    return this.read;
  }

  override writable() {
    return this.write;
  }

  override handleRead() {
    return this.#step('read');
  }

  override handleWrite() {
    return this.#step('write');
  }

  override handleExpt() {
    return this.#step('expt');
  }

  override handleConnect() {
    return this.#step('connect');
  }

  override handleAccept() {
    return 'accept' in this.on ? this.#step('accept') : super.handleAccept();
  }

  override handleAccepted(sock: Socket, addr: AddressInfo) {
    this.accepted.push([sock, addr]);
    return this.#step('accepted');
  }

  override handleClose() {
    const result = this.#step('close');
    if (!('close' in this.on)) this.close();
    return result;
  }

  override handleError(error: unknown) {
    this.errors.push(error);
    const result = this.#step('error', ` ${messageOf(error)}`);
    if (!('error' in this.on)) this.close();
    return result;
  }
}
