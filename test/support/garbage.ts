// Collects garbage on demand, and listens for the process's warnings.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');

export function collectGarbage(): void {
  if (typeof gc === 'function') gc();
}

/** Gathers the process's warnings until `stop` is called. */
export function hearWarnings(): { warnings: Error[]; stop(): void } {
  const warnings: Error[] = [];
  const hear = (warning: Error) => warnings.push(warning);
  process.on('warning', hear);
  return { warnings, stop: () => process.off('warning', hear) };
}
