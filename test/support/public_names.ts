// What the entry points of the library export by name, values and types.
import { readdirSync, readFileSync } from 'node:fs';

const LIB = new URL('../../lib/', import.meta.url);

/** The names of each entry point; `export *` (constants) left out. */
export function publicNames(): Map<string, string[]> {
  const entries = readdirSync(LIB).filter((name) => name.endsWith('.ts'));
  return new Map(
    entries.map((entry) => {
      const text = readFileSync(new URL(entry, LIB), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].map(([, list = '']) => list);
      return [entry, lists.flatMap((list) => list.split(',')).flatMap((each) => /\w+$/.exec(each.trim())?.[0] ?? [])];
    }),
  );
}
