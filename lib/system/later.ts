// What happens later, or without anybody who waits for it, by what Node and the language had when the library was
// loaded: programs replace nextTick() (fake timers) and Promise (polyfills).
export const { nextTick } = process;

/** Throws `error` where Node finds it as it finds that of any other listener. */
export function throwLater(error: unknown): void {
  nextTick(() => {
    throw error;
  });
}

/** The language's own; async functions use it, whatever a program has made of the global one. */
export const NativePromise = Promise;

/** process.emitWarning(), which a program may have replaced: what that throws is not for whoever warns. */
export function warn(message: string, type: string, code?: string): void {
  try {
    process.emitWarning(message, type, code);
  } catch (error) {
    throwLater(error);
  }
}
