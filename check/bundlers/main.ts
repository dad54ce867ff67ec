// npm run check bundlers [-- --only text]: docs/bundling.md, whose every command is run in a new project that
// has the packed package installed, one for each section, and compared with what the page says it prints.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../test/support/child.ts';
import { temporaryFolder } from '../addon.ts';
import { readOptions } from '../options.ts';
import { newProject } from '../package.ts';
import { buildAndRun } from './docker.ts';
import { type Block, missingLine, type Section, sectionsOf } from './page.ts';

const FILES = new Set(['js', 'json', 'dockerfile']);

const { values } = readOptions({ options: { only: { type: 'string', default: '' } } });
const folder = temporaryFolder();
process.send?.('packing');
const template = newProject(folder);
run('npm pkg set type=module', template, {});
const sections = sectionsOf(readFileSync(join(ROOT, 'docs/bundling.md'), 'utf8'));
const [shared] = sections;
let commands = 0;
let failures = 0;

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

function run(command: string, cwd: string, extra: Readonly<Record<string, string>>): Outcome {
  const { ASYNCORE_ADDON: _, ASYNCORE_PREBUILD: __, ...rest } = process.env;
  const env = { ...rest, NO_COLOR: '1', npm_config_audit: 'false', npm_config_fund: 'false', ...extra };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { status, output: stdout + stderr };
}

function mustRun(command: string, cwd: string, env: Readonly<Record<string, string>>): string {
  commands++;
  process.send?.(command.slice(0, 60));
  const { status, output } = run(command, cwd, env);
  if (status !== 0) throw new Error(`${command}\nended with ${status}\n${output}`);
  return output;
}

/** Runs the commands of a block: what they printed. */
function runCommands({ text, words }: Block, project: string): string {
  const lines = text.trimEnd().split('\n');
  if (!words.includes('fails')) return lines.map((line) => mustRun(line, project, {})).join('');
  const last = lines.pop() ?? '';
  for (const line of lines) mustRun(line, project, {});
  commands++;
  const { status, output } = run(last, project, {});
  if (status === 0) throw new Error(`${last}\ndid not fail\n${output}`);
  return output;
}

function check({ title, blocks }: Section): void {
  const project = join(folder, title.replaceAll(/\W+/g, '_'));
  cpSync(template, project, { recursive: true });
  let output = '';
  for (const block of [...(shared?.blocks.filter(({ language }) => language === 'js') ?? []), ...blocks]) {
    const { language, words, text } = block;
    const [name] = words;
    if (FILES.has(language) && name !== undefined) writeFileSync(join(project, name), text);
    if (language === 'dockerfile') {
      const image = join(folder, `image_${name}`);
      mkdirSync(image);
      // The tarball is named in package-lock.json, and where it is found, by its absolute path.
      output = buildAndRun(text, project, image, mustRun);
    }
    if (language === 'sh') output = runCommands(block, project);
    if (language !== 'text') continue;
    const missing = missingLine(text, output);
    if (missing !== undefined) throw new Error(`nothing like\n  ${missing}\nis in what was printed:\n${output}`);
  }
}

for (const section of sections) {
  if (!section.title.toLowerCase().includes(values.only.toLowerCase())) continue;
  const before = commands;
  try {
    check(section);
    console.log(`${section.title}: ${commands - before} commands do what the page says`);
  } catch (error) {
    failures++;
    console.log(`${section.title}: FAILED: ${error instanceof Error ? error.message : error}`);
  }
}
console.log(`bundlers: ${commands} commands of docs/bundling.md were run, ${failures} sections failed`);
process.exitCode = failures === 0 && commands > 0 ? 0 : 1;
