// All exceptions: SystemError for failed system calls, Node's own codes for wrong arguments, and
// the one place where -errno becomes an exception.
import { constants } from 'node:os';
import { getSystemErrorMap, types } from 'node:util';
import type { ErrorCode, SystemErrorCode } from './error_codes.ts';
import { escaped } from './text.ts';

/** The calls on the path of a file, which Node words as it does those on open ones. */
const PATH_CALLS: ReadonlySet<string> = new Set(['open', 'inotify_add_watch']);
const FILE_CALLS: ReadonlySet<string> = new Set(['read', 'write', 'dup', ...PATH_CALLS]);

/** Names and texts of errors, by number. Node makes a new Map for each call. */
const KNOWN = getSystemErrorMap();
/** The system's error names, for errors unknown to libuv and so to KNOWN. */
const NAMES = new Map(Object.entries(constants.errno).map(([name, errno]) => [-errno, name]));

/** The names that the system or Node has for the errors of calls. */
function isCode(name: string | undefined): name is SystemErrorCode {
  return name !== undefined;
}

/**
 * A failed system call, with the same properties and message as Node's own errors.
 *
 * `code` is the name of the error (`'ECONNREFUSED'`), `errno` its number, which is negative as in
 * Node, and `syscall` the call; `address` and `port` are set if the call had an address, and `path`
 * if it had the path of a file.
 */
export class SystemError extends Error {
  /** The name of the error: `'ECONNREFUSED'`. */
  readonly code: SystemErrorCode;
  /** The number of the error, negative as in Node. */
  readonly errno: number;
  /** The system call that failed: `'connect'`. */
  readonly syscall: string;
  /** The host or path, if the call had an address. */
  declare readonly address?: string;
  /** The port, if the call had one. */
  declare readonly port?: number;
  /** The path of the file, if the call had one. */
  declare readonly path?: string;

  /** The error of `syscall` that failed with `errno`, which is negative. */
  constructor(errno: number, syscall: string, address?: string | readonly [string, number, ...number[]]) {
    if (typeof errno !== 'number') throw invalidType('errno', 'of type number', errno);
    if (typeof syscall !== 'string') throw invalidType('syscall', 'of type string', syscall);
    if (address !== undefined && typeof address !== 'string' && !Array.isArray(address)) {
      throw invalidType('address', 'of type string or an array', address);
    }
    const [name, text] = KNOWN.get(errno) ?? [NAMES.get(errno), `error ${-errno}`];
    const code = isCode(name) ? name : (`E${-errno}` as const);
    const place = escaped(typeof address === 'string' ? address : (address ?? []).slice(0, 2).join(':'));
    const isPath = PATH_CALLS.has(syscall) && typeof address === 'string';
    super(
      FILE_CALLS.has(syscall)
        ? `${code}: ${text}, ${syscall}${isPath ? ` '${place}'` : ''}`
        : `${syscall} ${code}${address === undefined ? '' : ` ${place}`}`,
    );
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
    if (isPath) {
      this.path = address;
    } else if (typeof address === 'string') {
      this.address = address;
    } else if (address !== undefined) {
      this.address = address[0];
      this.port = address[1];
    }
  }

  /** `'SystemError'`. */
  override get name(): string {
    return 'SystemError';
  }
}

/** An exception that ends the loop no matter which handler throws it: asyncore's ExitNow. */
export class ExitNow extends Error {
  /** `'ExitNow'`. */
  override get name(): string {
    return 'ExitNow';
  }
}

/** The errors that tell asyncore that the peer is gone (asyncore.py `_DISCONNECTED`). */
const DISCONNECTED: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ENOTCONN',
  'ESHUTDOWN',
  'ECONNABORTED',
  'EPIPE',
  'EBADF',
]);

/** Those of them with which read(2) and write(2) say that the peer of a socket or a pipe is gone. */
const DISCONNECTED_FILE: ReadonlySet<string> = new Set([
  'read ECONNRESET',
  'read EBADF',
  'write ECONNRESET',
  'write EPIPE',
  'write EBADF',
]);

/**
 * Whether `error` tells that the peer is gone. From a file, most of its codes are failures like any
 * other: EPIPE of /dev/kmsg says that records were lost, ENOTCONN that a file system has gone.
 */
export function isDisconnect(error: unknown): boolean {
  const code = systemCode(error);
  if (code === undefined || !DISCONNECTED.has(code)) return false;
  if (!(error instanceof SystemError) || (error.syscall !== 'read' && error.syscall !== 'write')) return true;
  return DISCONNECTED_FILE.has(`${error.syscall} ${code}`);
}

/** The errors of a send or receive that can do nothing, or has no memory, at the moment. */
export const NOT_NOW: ReadonlySet<string> = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM']);

/** What `instanceof` says, and false where a proxy throws instead: anything can be thrown. */
function isInstance<T>(value: unknown, type: new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** An Error of any realm: `instanceof` knows only those of its own. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || isInstance(value, Error);
}

/** What was thrown, as an Error for those who take only that: Node's streams, which also ask for its stack. */
export function asError(value: unknown): Error {
  try {
    if (isError(value)) {
      Reflect.get(value, 'stack');
      return value;
    }
    return new Error(String(value), { cause: value });
  } catch {
    return new Error('Something that cannot be shown was thrown', { cause: value });
  }
}

export function isExitNow(value: unknown): value is ExitNow {
  return isInstance(value, ExitNow);
}

/** The code of a system error, ours or Node's (Python's OSError); undefined for any other value. */
export function systemCode(error: unknown): string | undefined {
  try {
    if (!isError(error) || !('code' in error) || !('errno' in error)) return undefined;
    return typeof error.code === 'string' ? error.code : undefined;
  } catch {
    // A getter, or a proxy, that throws.
    return undefined;
  }
}

/** Errors as the addon returns them. */
export const EAGAIN = -constants.errno.EAGAIN;
export const EBADF = -constants.errno.EBADF;
export const ENOENT = -constants.errno.ENOENT;

/** The exception for a negative result. */
export function systemError(
  errno: number,
  syscall: string,
  address?: string | readonly [string, number, ...number[]],
): SystemError {
  if (errno !== EAGAIN) return new SystemError(errno, syscall, address);
  // EAGAIN is routine in a loop, so it gets no stack trace, which is most of an exception's cost.
  const limit = Error.stackTraceLimit;
  // Where intrinsics are frozen, it stays as it is.
  Reflect.set(Error, 'stackTraceLimit', 0);
  const error = new SystemError(errno, syscall, address);
  Reflect.set(Error, 'stackTraceLimit', limit);
  return error;
}

/** Returns `result`, or throws if it is -errno. */
export function check(result: number, syscall: string): number {
  if (result < 0) throw systemError(result, syscall);
  return result;
}

/** An Error with a code like Node's. */
export class CodedError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

class CodedTypeError extends TypeError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

class CodedRangeError extends RangeError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A value as shown in an error message: short, and never the cause of another error. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${escaped(value.length > 28 ? `${value.slice(0, 25)}...` : value)}'`;
  if (typeof value === 'function') return 'a function';
  if (types.isProxy(value)) return 'a proxy';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'bigint' ? `${value}n` : escaped(String(value));
}

export function invalidType(
  name: string,
  wanted: string,
  value: unknown,
  code: ErrorCode = 'ERR_INVALID_ARG_TYPE',
): TypeError {
  return new CodedTypeError(code, `The "${name}" argument must be ${wanted}. Received ${show(value)}`);
}

export function invalidValue(name: string, wanted: string, value: unknown): TypeError {
  return new CodedTypeError(
    'ERR_INVALID_ARG_VALUE',
    `The argument "${name}" must be ${wanted}. Received ${show(value)}`,
  );
}

export function outOfRange(name: string, wanted: string, value: unknown): RangeError {
  return new CodedRangeError(
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${wanted}. Received ${show(value)}`,
  );
}

/** The error for a method that a subclass must implement but did not (Python's NotImplementedError). */
export function notImplemented(what: string): CodedError {
  return new CodedError('ERR_METHOD_NOT_IMPLEMENTED', `The ${what} method is not implemented`);
}
