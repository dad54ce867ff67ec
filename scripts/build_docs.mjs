// Builds the documentation site (site/) with typedoc: the reference from the comments in lib/, and the
// pages below. typedoc reads copies of them, in which links that lead out of the site go to the repository.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Application } from 'typedoc';
import { deadInSite } from './dead_in_site.mjs';
import { repositoryUrl, root, shippedPage } from './links.mjs';

const BACKGROUND = ['reliability', 'benchmarks', 'architecture', 'deviations', 'behaviour'];
/** In this order; the other pages of docs/ come behind them. */
const FIRST_GUIDES = ['getting_started', 'passes', 'files', 'sockets', 'choosing', 'porting'];
const LAST_GUIDES = ['faq', 'troubleshooting'];
const others = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => name.slice(0, -3))
  .filter((name) => ![...BACKGROUND, ...FIRST_GUIDES, ...LAST_GUIDES].includes(name));
const inDocs = (names) => names.map((name) => `docs/${name}.md`);

const copies = join(root, 'build-docs');
const groups = [
  ['Guides', inDocs([...FIRST_GUIDES, ...others, ...LAST_GUIDES])],
  ['Background', inDocs(BACKGROUND)],
  ['Project', ['examples/README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md']],
];
const pages = new Set(['README.md', ...groups.flatMap(([, names]) => names)]);
const isInSite = (path) => pages.has(path) || /\.svg$/.test(path);

rmSync(copies, { recursive: true, force: true });
for (const folder of ['docs/pictures', 'bench/results'])
  cpSync(join(root, folder), join(copies, folder), { recursive: true });

/** Copies a page; typedoc takes its title and group from lines at its top. */
function copy(page, group) {
  const text = shippedPage(page, isInSite, 'main');
  const [, title = page] = /^# (.*)$/m.exec(text) ?? [];
  const to = join(copies, page);
  mkdirSync(dirname(to), { recursive: true });
  // The first page stands below the name of the package anyway.
  const made =
    group === undefined
      ? text.replace(/^# .*\n/, '')
      : `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n---\n\n${text}`;
  writeFileSync(to, made);
  return to;
}

const projectDocuments = groups.flatMap(([group, names]) => names.map((name) => copy(name, group)));
const app = await Application.bootstrapWithPlugins({
  options: join(root, 'typedoc.json'),
  readme: copy('README.md'),
  projectDocuments,
  sourceLinkTemplate: `${repositoryUrl('blob', 'main')}{path}#L{line}`,
});
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
await app.generateOutputs(project);
rmSync(copies, { recursive: true });
const dead = deadInSite(app.options.getValue('out'));
for (const link of dead) console.error(`dead link: ${link}`);
process.exit(dead.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0);
