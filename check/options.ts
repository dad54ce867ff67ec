// The arguments of a check, by node:util's parseArgs; a wrong one is a single line.
import { type ParseArgsConfig, parseArgs } from 'node:util';

function refuse(what: string): never {
  console.error(what);
  process.exit(2);
}

export function readOptions<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const known = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    return refuse(`${error instanceof Error ? error.message : error} Known: ${known.join(' ')}`);
  }
}

/** Options that are numbers, with what each is when it is not given. */
export function readNumbers<K extends string>(defaults: Readonly<Record<K, number>>): Record<K, number> {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]));
  const { values } = readOptions({ options });
  const numbers: Record<K, number> = { ...defaults };
  for (const name in defaults) {
    const text = values[name];
    if (text === undefined) continue;
    numbers[name] = Number(text);
    if (!(numbers[name] >= 0)) refuse(`--${name} ${text} is not a number from 0 up`);
  }
  return numbers;
}

/** A seed that a failure names, so that it can be given again. */
export const someSeed = () => Math.floor(Math.random() * 2 ** 31);
