// The defences of the library, each with the test that must fail without it: what to take out, and what
// to put in its place so that the rest still compiles. A new defence is listed here.

export interface Defence {
  /** What it is for. */
  readonly what: string;
  readonly file: string;
  /** Stands once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The file of the test. */
  readonly test: string;
}

export const DEFENCES: readonly Defence[] = [
  {
    what: 'an event reaches only a registration that is alive',
    file: 'lib/reactor/dispatch.ts',
    find: 'if (registration?.live) registration.serve(flags[i] ?? 0, readwrite);',
    replace: 'registration?.serve(flags[i] ?? 0, readwrite);',
    test: 'test/reactor/stale_events.test.ts',
  },
];
