// What a terminal is at the moment, by stty(1).
import { execFileSync } from 'node:child_process';
import { ttyname } from '../../lib/tty.ts';

/** Its attributes as one word, to compare. */
export function attributes(file: { readonly fd: number }): string {
  return execFileSync('stty', ['-g', '-F', ttyname(file)], { encoding: 'utf8' });
}

/** Its flags as stty(1) names them, `-echo` for one that is off; and `speed 9600 baud` as `9600`. */
export function settings(file: { readonly fd: number }): Set<string> {
  const text = execFileSync('stty', ['-a', '-F', ttyname(file)], { encoding: 'utf8' });
  return new Set([...text.split(/[\s;]+/)]);
}
