// npm run check package: the package as a newcomer meets it, with every line of Node and of npm, and the way
// out where it has no addon for the system. Everything is installed by npm, from its registry.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runCommand } from '../../test/support/child.ts';
import { run, temporaryFolder } from '../addon.ts';
import { readOptions } from '../options.ts';
import { recover } from './recovery.ts';

const NODES = [20, 22, 24, 26];
const NPMS = [10, 11, 12];
/** npm 12 asks for a newer Node. */
const canRun = (node: number, npm: number) => npm < 12 || node >= 22;

/** The folder of a package that is kept between runs, below the checkout. */
function installed(name: string, version: number): string {
  const folder = join(ROOT, '.nodes', `${name}-${version}`);
  const home = join(folder, 'node_modules', name);
  if (!existsSync(join(home, 'package.json'))) {
    run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, `${name}@${version}`]);
  }
  return home;
}

/** The file of another Node; its package has no script that would have to be allowed. */
const nodeFile = (version: number) => join(installed(`node-${process.platform}-${process.arch}`, version), 'bin/node');

async function runMatrix(tarball: string): Promise<string[]> {
  const failures: string[] = [];
  for (const node of NODES) {
    for (const npm of NPMS.filter((one) => canRun(node, one))) {
      process.send?.(`Node ${node}, npm ${npm}`);
      const args = [join(ROOT, 'scripts/first_run.mjs'), join(installed('npm', npm), 'bin/npm-cli.js'), tarball];
      const { code, stdout, stderr } = await runCommand(nodeFile(node), args, {}, 300);
      console.log((stdout + stderr).trim());
      if (code !== 0) failures.push(`first run with Node ${node} and npm ${npm}`);
    }
  }
  return failures;
}

readOptions({});
const folder = temporaryFolder();
const tarball = join(folder, 'asyncore.tgz');
process.send?.('packing');
console.log(run(process.execPath, [join(ROOT, 'scripts/check_package.mjs'), `--keep=${tarball}`]));
const failures = await runMatrix(tarball);
process.send?.('compiling in a project');
failures.push(...(await recover(tarball, folder)));
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`package: ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;
