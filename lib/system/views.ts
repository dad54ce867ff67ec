// The bytes of views as the language has them: a property of a view's own, or of its class, may say something else.
import { types } from 'node:util';

/** An accessor of all typed arrays, or of DataView. */
function getter<T>(prototype: object, name: string): ((this: ArrayBufferView) => T) | undefined {
  return Reflect.getOwnPropertyDescriptor(prototype, name)?.get;
}

function accessors(prototype: object) {
  return {
    buffer: getter<ArrayBufferLike>(prototype, 'buffer'),
    byteOffset: getter<number>(prototype, 'byteOffset'),
    byteLength: getter<number>(prototype, 'byteLength'),
    length: getter<number>(prototype, 'length'),
  };
}

const ofArrays = accessors(Reflect.getPrototypeOf(Uint8Array.prototype) ?? {});
const ofDataViews = accessors(DataView.prototype);
const { length: lengthOf } = ofArrays;

/** Whether it is a Uint8Array that says how many bytes it has. */
export function isHonest(value: unknown): value is Uint8Array {
  return types.isUint8Array(value) && lengthOf?.call(value) === value.length;
}

/** The bytes of a view, not copied; undefined if its buffer was detached or has become too short. */
export function bytesIn(view: ArrayBufferView): Uint8Array | undefined {
  const { buffer, byteOffset, byteLength } = types.isDataView(view) ? ofDataViews : ofArrays;
  try {
    // An array that is gone has the length 0, like an empty one; only its methods tell the two apart. A DataView throws.
    const length = byteLength?.call(view) ?? 0;
    if (length === 0 && !types.isDataView(view)) Reflect.apply(Uint8Array.prototype.at, view, [0]);
    if (isHonest(view)) return view;
    return new Uint8Array(buffer?.call(view) ?? new ArrayBuffer(0), byteOffset?.call(view), length);
  } catch {
    return undefined;
  }
}
