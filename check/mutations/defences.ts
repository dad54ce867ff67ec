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

const waiter = 'native/reactor/waiter.cc';
const environment = 'native/environment.cc';
const guard = 'lib/reactor/guard.ts';
const ordered = 'test/dispatchers/async_order.test.ts';
const thread = 'test/reactor/waiter_thread.test.ts';

export const DEFENCES: readonly Defence[] = [
  {
    what: 'an event reaches only a registration that is alive',
    file: 'lib/reactor/dispatch.ts',
    find: 'if (registration?.live) registration.serve(flags[i] ?? 0, readwrite);',
    replace: 'registration?.serve(flags[i] ?? 0, readwrite);',
    test: 'test/reactor/stale_events.test.ts',
  },
  {
    what: 'a channel that closes leaves every map',
    file: 'lib/dispatchers/dispatcher.ts',
    find: '    leaveMaps(this);\n',
    replace: '',
    test: 'test/dispatchers/channel_map.test.ts',
  },
  {
    what: 'a predicate that is replaced on a class is noticed',
    file: 'lib/reactor/interest.ts',
    find: '      else replacements.onClasses++;\n',
    replace: '',
    test: 'test/reactor/interest.test.ts',
  },
  {
    what: 'spinning ends after 50 microseconds',
    file: 'lib/reactor/spin.ts',
    find: '    if (this.#short >= STREAK && time - this.#since > LONGEST) this.#short = 0;\n',
    replace: '',
    test: 'test/reactor/spin.test.ts',
  },
  {
    what: 'a peer that hangs up while a handler reads is not taken for drained',
    file: guard,
    find: 'if (guarded.held & READ) guarded.hold(ALL);\n  else if',
    replace: 'if',
    test: ordered,
  },
  {
    what: 'events of a kind wait for the promise of their handler',
    file: guard,
    find: '  guarded.hold(kind);\n',
    replace: '',
    test: ordered,
  },
  {
    what: 'messages wait for the promise of the one before',
    file: 'lib/chat/chat_input.ts',
    find: ' && this.#promised === undefined && ',
    replace: ' && ',
    test: ordered,
  },
  {
    what: 'a sleep in a worker thread comes back to JavaScript',
    file: 'lib/reactor/poll_set.ts',
    find: 'isMainThread ? Infinity : 0.05',
    replace: 'isMainThread ? Infinity : Infinity',
    test: 'test/reactor/worker_threads.test.ts',
  },
  {
    what: "the reactor's thread takes no signal",
    file: waiter,
    find: '  pthread_sigmask(SIG_SETMASK, &all, &before);\n',
    replace: '  pthread_sigmask(SIG_SETMASK, nullptr, &before);\n',
    test: thread,
  },
  {
    what: 'the thread leaves a descriptor before it is detached',
    file: environment,
    find: '  LeaveWaits(gone.fd());\n  return gone.Release();',
    replace: '  return gone.Release();',
    test: thread,
  },
  {
    what: 'what only the thread has seen is merged into the look that follows',
    file: 'native/reactor/poll_set.cc',
    find: '  AddSeen();\n  SortReady();',
    replace: '  SortReady();',
    test: 'test/reactor/told_once.test.ts',
  },
  {
    what: 'files that tell a condition once are not parked',
    file: 'native/reactor/parking.cc',
    find: 'if (!entered && IsRegularFile(fd)) return Outcome::kRefused;',
    replace: 'static_cast<void>(IsRegularFile);',
    test: 'test/reactor/told_once.test.ts',
  },
];
