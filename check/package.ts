// The package as it is published, with the addon under test as its only prebuild, and projects that
// have it installed.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT } from '../test/support/child.ts';
import { copyAddon, run } from './addon.ts';

const PUBLISHED = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'CMakeLists.txt', 'native', 'docs'];

/** Packs it into `folder`: the path of the tarball. */
function pack(folder: string): string {
  const stage = join(folder, 'package');
  const prebuilds = join(stage, 'prebuilds', `${process.platform}-${process.arch}`);
  for (const name of PUBLISHED) cpSync(join(ROOT, name), join(stage, name), { recursive: true });
  run('npx', ['tsc', '-p', 'tsconfig.build.json', '--outDir', join(stage, 'dist')]);
  mkdirSync(prebuilds, { recursive: true });
  cpSync(join(copyAddon(), 'build/Release/asyncore.node'), join(prebuilds, 'asyncore.node'));
  const file = run('npm', ['pack', stage, '--ignore-scripts', '--silent', '--pack-destination', folder]);
  return resolve(folder, file);
}

/** A project in `folder` that has the packed package installed, and nothing else. */
export function newProject(folder: string): string {
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "version": "1.0.0", "private": true }\n');
  run('npm', ['install', '--prefix', project, '--ignore-scripts', '--no-audit', '--no-fund', pack(folder)]);
  return project;
}
