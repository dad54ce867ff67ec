// Steps 3 and 4: eight FIFOs with FileDispatcher, and with fs.createReadStream.
import { run } from './program.ts';
import { step, tell } from './tell.ts';

export async function fifos(): Promise<void> {
  step('Eight FIFOs at once, and fs.readFile stays fast', 'examples/fifos.ts');
  await run('fifos.ts', [], (line) => tell('watcher', line)).ended;

  step('The same with fs.createReadStream', 'examples/fifos_starved.ts');
  const signal = await run('fifos_starved.ts', [], (line) => tell('reader', line)).ended;
  tell('reader', `was killed (${signal}): with its thread pool blocked, it could not even exit`);
}
