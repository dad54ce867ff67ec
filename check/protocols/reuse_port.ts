// examples/reuse_port.ts: new connections a second with one thread, and with two. What wrk itself takes of the
// processors is not there for the server, so that this shows no more than the two beside each other.
import { client, need, serving, type Trial } from './trial.ts';

const SECONDS = 10;

/** Connections that were answered in a second: each takes one request. */
async function rate(threads: number): Promise<number> {
  return serving('reuse_port', ['0', String(threads)], async (port) => {
    const out = await client('wrk', ['-t1', '-c50', `-d${SECONDS}s`, `http://127.0.0.1:${port}/`]);
    const [, count = '0'] = /^\s*(\d+) requests in /m.exec(out) ?? [];
    need(Number(count) > 100 && !/connect [1-9]|timeout [1-9]|Non-2xx/.test(out), out);
    return Number(count) / SECONDS;
  });
}

async function compare(): Promise<string> {
  const rates = [await rate(1), await rate(2), await rate(1), await rate(2)].map((each) => each.toFixed(0));
  return `connections/s with 1 thread: ${rates[0]}, ${rates[2]}; with 2: ${rates[1]}, ${rates[3]}`;
}

export const trials: readonly Trial[] = [{ name: 'SO_REUSEPORT: wrk', needs: ['wrk'], run: compare }];
