// What a measured program says to the harness: one line of JSON at a time.

function say(message: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Tells where the server can be reached. */
export function announce(address: string): void {
  say({ ready: true, address });
}

export function answer(message: Record<string, unknown>): void {
  say(message);
}

/** Figures of a program that measures itself, then the end of the process. */
export function finish(count: number, seconds: number, cpu: NodeJS.CpuUsage): void {
  const cpuNs = (cpu.user + cpu.system) * 1000;
  process.stdout.write(`${JSON.stringify({ ok: true, count, seconds, cpuNs })}\n`, () => process.exit(0));
}

export function fail(reason: string): never {
  process.stdout.write(`${JSON.stringify({ ok: false, reason })}\n`, () => process.exit(1));
  throw new Error(reason);
}
