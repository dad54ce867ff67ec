// Where the package has no addon for the system, its error says how to compile one: the very words of the
// error are run in the user's project, and the library works.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../test/support/child.ts';

/** Ours and its loader, cmake-js and what that brings. */
const MOST_PACKAGES = 50;

const LOADING = `
  import('asyncore').then(
    ({ pipe }) => console.log('works', pipe().map((end) => (end.close(), 1)).length),
    (error) => console.log(error.message),
  );
`;

/** Installs `tarball` into a project below `folder`, without its addons: what failed. */
export async function recover(tarball: string, folder: string): Promise<string[]> {
  const project = join(folder, 'project');
  mkdirSync(project);
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key)));
  const run = (command: string, args: readonly string[]) => runCommand(command, args, { cwd: project, env }, 600);
  await run('npm', ['init', '-y']);
  const { code, stderr } = await run('npm', ['install', '--no-audit', '--no-fund', tarball]);
  if (code !== 0) return [`recovery: npm install ended with ${code}: ${stderr}`];
  rmSync(join(project, 'node_modules/asyncore/prebuilds'), { recursive: true });

  const refused = (await run(process.execPath, ['-e', LOADING])).stdout.trim();
  console.log(refused);
  const [, command] = /"(npm i [^"]*cmake-js compile[^"]*)"/.exec(refused) ?? [];
  if (command === undefined || !refused.includes('CMake')) return ['recovery: the error names no command'];

  const compiled = await run('sh', ['-c', command]);
  if (compiled.code !== 0)
    return [`recovery: ${command} ended with ${compiled.code}: ${compiled.stdout}${compiled.stderr}`];
  const lock: { packages: object } = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'));
  const count = Object.keys(lock.packages).length;
  const { stdout } = await run(process.execPath, ['-e', LOADING]);
  const built = readdirSync(join(project, 'node_modules/asyncore/build/Release')).filter((name) =>
    name.endsWith('.node'),
  );
  console.log(`recovery: ${command}: ${count} packages, ${built.join()}; the library ${stdout.trim()}`);
  const failures: string[] = [];
  if (count > MOST_PACKAGES) failures.push(`recovery: ${count} packages`);
  if (stdout.trim() !== 'works 2') failures.push(`recovery: ${stdout}`);
  return failures;
}
