// The options of a measured program, each as `--name value`, as the C programs take them.

export function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

export function numberOption(name: string, fallback: number): number {
  return Number(option(name, String(fallback)));
}

/** The loop's options, from --backend and --wait. */
export function loopOptions(): { backend: 'select' | 'poll'; wait: 'worker' | 'inline' } {
  const backend = option('backend', 'poll') === 'select' ? 'select' : 'poll';
  return { backend, wait: option('wait', 'worker') === 'inline' ? 'inline' : 'worker' };
}

/** The path of a `unix:PATH` address, or null where any free TCP port will do. */
export function unixPath(): string | null {
  const address = option('listen', 'tcp');
  return address.startsWith('unix:') ? address.slice('unix:'.length) : null;
}

/** How much a server reads at once; the same for every arm. */
export const READ_SIZE = 65536;

/** How many connections may wait to be accepted; the same for every arm. */
export const BACKLOG = 4096;
