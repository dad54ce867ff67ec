// What a measured program tells the harness: one line of JSON at a time.

export function say(message: Record<string, unknown>, written?: () => void): void {
  process.stdout.write(`${JSON.stringify(message)}\n`, written);
}

/** Tells where the server can be reached. */
export function announce(address: string): void {
  say({ ready: true, address });
}

/** The figures of a program that measures itself, then the end of the process. */
export function finish(count: number, seconds: number, cpu: NodeJS.CpuUsage): void {
  const cpuNs = (cpu.user + cpu.system) * 1000;
  say({ ok: true, count, seconds, cpuNs }, () => process.exit(0));
}

export function fail(reason: string): never {
  say({ ok: false, reason }, () => process.exit(1));
  throw new Error(reason);
}
