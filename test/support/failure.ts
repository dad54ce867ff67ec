// Thrown values, and how a record shows them.
import { getSystemErrorMap } from 'node:util';
import { SystemError } from '../../lib/index.ts';

/** The system error of that name, as a call would throw it. */
export function systemFailure(name: string, syscall = 'test'): SystemError {
  for (const [errno, [known]] of getSystemErrorMap()) {
    if (known === name) return new SystemError(errno, syscall);
  }
  throw new Error(`no such error: ${name}`);
}

/** The code of a system error, the message of another error, or the value if it is not an error. */
export function messageOf(error: unknown): string {
  if (error instanceof SystemError) return error.code;
  return error instanceof Error ? error.message : String(error);
}

/** What `call` throws; undefined if it does not throw. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
