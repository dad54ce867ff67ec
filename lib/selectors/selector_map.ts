// What is registered with a selector: keys by descriptor, found by file object too, even one that was
// closed meanwhile.
import { inspect } from 'node:util';
import { CodedError, invalidValue } from '../system/errors.ts';
import { type FileLike, fdOf } from '../system/file_like.ts';

/** A registered file object: Python's SelectorKey. */
export interface SelectorKey<T = void> {
  /** What was registered: a descriptor, or an object that has one. */
  readonly fileobj: FileLike;
  /** The number of its descriptor. */
  readonly fd: number;
  /** EVENT_READ, EVENT_WRITE or both. */
  readonly events: number;
  /** What was passed to register() or modify() along with it. */
  readonly data: T;
}

/** The number of `fileobj`; a closed one has none. */
function numberOf(fileobj: FileLike): number | undefined {
  if (typeof fileobj === 'object' && fileobj !== null && 'fileno' in fileobj && fileobj.fileno() === -1)
    return undefined;
  return fdOf(fileobj, 'fileobj');
}

export function notRegistered(): CodedError {
  return new CodedError('ERR_NOT_REGISTERED', 'The file object is not registered');
}

/** A read-only view of what is registered; it follows changes. */
export class SelectorMap<T = void> {
  readonly #keys: ReadonlyMap<number, SelectorKey<T>>;

  /** @internal */
  constructor(keys: ReadonlyMap<number, SelectorKey<T>>) {
    this.#keys = keys;
  }

  /** How many are registered. */
  get size(): number {
    return this.#keys.size;
  }

  /** The key of a file object or descriptor. */
  get(fileobj: FileLike): SelectorKey<T> | undefined {
    return this.#keys.get(this.lookUp(fileobj));
  }

  /** Whether a file object or descriptor is registered. */
  has(fileobj: FileLike): boolean {
    return this.get(fileobj) !== undefined;
  }

  /** The descriptors. */
  keys(): IterableIterator<number> {
    return this.#keys.keys();
  }

  /** The keys, in the order of their registration. */
  values(): IterableIterator<SelectorKey<T>> {
    return this.#keys.values();
  }

  /** Descriptors and keys, in the order of their registration. */
  [Symbol.iterator](): IterableIterator<[number, SelectorKey<T>]> {
    return this.#keys.entries();
  }

  /** @hidden */
  [inspect.custom](): string {
    return `<${this.constructor.name} registered=${this.#keys.size}>`;
  }

  /** The descriptor of `fileobj`, which for a closed one is that of its registration. */
  lookUp(fileobj: FileLike): number {
    const fd = numberOf(fileobj);
    if (fd !== undefined) return fd;
    for (const key of this.#keys.values()) if (key.fileobj === fileobj) return key.fd;
    throw invalidValue('fileobj', 'open', fileobj);
  }
}
