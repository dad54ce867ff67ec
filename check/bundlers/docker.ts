// The instructions of a Dockerfile without Docker, each stage in a folder: what is copied and run is
// what an image would have, on this system and this Node in place of the image's.
import { cpSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';

export type Shell = (command: string, folder: string, env: Readonly<Record<string, string>>) => string;

interface Stage {
  readonly root: string;
  readonly env: Record<string, string>;
  workdir: string;
}

/** Runs all stages, the last one's CMD too: what they printed. */
export function buildAndRun(dockerfile: string, context: string, folder: string, shell: Shell): string {
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  let output = '';
  for (const line of dockerfile.split('\n').filter((text) => text !== '')) {
    const [instruction = '', ...words] = line.split(' ');
    const rest = words.join(' ');
    if (instruction === 'FROM') {
      const name = words[2] ?? 'last';
      stage = { root: join(folder, name), env: {}, workdir: '/' };
      stages.set(name, stage);
      mkdirSync(stage.root, { recursive: true });
      continue;
    }
    if (stage === undefined) throw new Error(`${line} stands before FROM`);
    const here = join(stage.root, stage.workdir);
    if (instruction === 'WORKDIR') {
      stage.workdir = rest;
      mkdirSync(join(stage.root, rest), { recursive: true });
    } else if (instruction === 'COPY') {
      const from = /^--from=(\w+)$/.exec(words[0] ?? '')?.[1];
      const source = from === undefined ? context : stages.get(from)?.root;
      if (source === undefined) throw new Error(`${line}: there is no such stage`);
      for (const name of words.slice(from === undefined ? 0 : 1, -1)) {
        const target = from === undefined ? join(here, basename(name)) : here;
        cpSync(join(source, name), target, { recursive: true, verbatimSymlinks: true });
      }
    } else if (instruction === 'ENV') {
      const [name = '', value = ''] = rest.split('=');
      // Paths are the image's own.
      stage.env[name] = value.startsWith('/') ? join(stage.root, value) : value;
    } else if (instruction === 'RUN') {
      output += shell(rest, here, stage.env);
    } else if (instruction === 'CMD') {
      const command: unknown = JSON.parse(rest);
      if (!Array.isArray(command)) throw new Error(`${line} is no list`);
      output += shell(command.map((word) => `'${word}'`).join(' '), here, stage.env);
    } else {
      throw new Error(`${instruction} is not known here`);
    }
  }
  return output;
}
