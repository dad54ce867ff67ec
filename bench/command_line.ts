// The command lines of the benchmark's commands: a wrong one ends in a single line that says what
// would have been right.
import { type ParseArgsConfig, parseArgs } from 'node:util';

export class UsageError extends Error {}

/** parseArgs(), where what is not an option of `config` is a UsageError that names those that are. */
export function parse<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs<T>(config);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // What follows the first sentence is advice about "--", over several lines.
    const [reason] = error.message.split(/\.\s/);
    const known = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    throw new UsageError(`${reason}; the options are ${known.join(', ')}`);
  }
}

/** The number above 0 that an option was given, or the fallback. */
export function positive(option: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new UsageError(`--${option} takes a number above 0, not '${text}'`);
  }
  return value;
}

/** What `read` makes of the command line; a UsageError ends the process. */
export function orExplain<T>(command: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${command}: ${error.message}`);
    process.exit(2);
  }
}
