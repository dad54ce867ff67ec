// How a channel of a random scenario behaves.
import type { Random } from '../support/random.ts';
import type { Act, Failure, HandlerName, Kind, Opening, Piece, Role, Text, Want } from './scenario.ts';

/** What a role is for. */
export type Purpose = 'stream' | 'datagram' | 'input' | 'output' | 'file' | 'listener';

/** What the scripts of a scenario can refer to. */
export interface Cast {
  channels: readonly string[];
  peers: readonly string[];
  listeners: readonly string[];
  /** Channels that a handler may open: they reuse the numbers that others have closed. */
  spares: readonly Opening[];
  /** Roles for accepted connections. */
  adopted: readonly number[];
  /** Whether TCP is used: then no peer acts during a pass, as there is no telling when data arrives. */
  tcp: boolean;
}

const WORDS = ['', 'a', 'hello\n', 'one\ntwo\n', 'x\r', '\n', 'y\r\nz', '12345678', 'END', 'EN', '\r\n\r\n'] as const;
const LONG = ['a', '12345678', 'x\r', 'EN'] as const;
const DISCARD: Act[] = [{ do: 'discard' }];
const FAILURES: readonly [Failure, ...Failure[]] = [
  ...(['boom', 'boom', 'ECONNRESET', 'EPIPE', 'EBADF', 'EIO', 'ETIMEDOUT', 'EAGAIN'] as const),
  'exit',
];

export function someText(random: Random, isSmall = false): Text {
  if (random.chance(0.8)) return random.pick(WORDS);
  // Long text contains few terminators, or the trace would show nothing else.
  const times = random.weighted([5, 30], [isSmall ? 0 : 4, 700], [isSmall ? 0 : 2, 9000], [isSmall ? 0 : 1, 20000]);
  return { text: random.pick(times > 30 ? LONG : WORDS), times };
}

export function someTerminator(random: Random): string | number | null {
  return random.weighted<string | number | null>(
    [4, '\n'],
    [3, '\r\n'],
    [2, 'END'],
    [6, random.int(1, 9)],
    [1, 0],
    [1, null],
    [1, ''],
  );
}

function somePieces(random: Random): Piece[] {
  return random.list(0, 4, () =>
    random.weighted<Piece>([6, { give: someText(random) }], [1, { boom: true }], [1, { push: someText(random) }]),
  );
}

/** A random role for `purpose`. */
export class RoleMaker {
  readonly #random: Random;
  readonly #cast: Cast;

  constructor(random: Random, cast: Cast) {
    this.#random = random;
    this.#cast = cast;
  }

  make(purpose: Purpose): Role {
    const random = this.#random;
    const kind = this.#kind(purpose);
    const role: Role = { kind, on: {} };
    if (purpose === 'listener') this.#listen(role);
    else this.#transfer(role, purpose);
    this.#maybe(role, 'close', 0.35, () => this.#farewell());
    this.#maybe(role, 'error', 0.35, () => this.#farewell(0.08));
    if (purpose === 'stream') {
      this.#maybe(role, 'expt', 0.7, () => (random.chance(0.6) ? [{ do: 'recvOob' }] : []));
      this.#maybe(role, 'connect', 0.6, () => this.#reaction(kind, 0.12));
    }
    if (random.chance(0.45)) role.wants = { read: this.#want(0.75), write: this.#want(0.3) };
    if (random.chance(0.3)) role.verbose = true;
    if (random.chance(0.1)) role.debug = true;
    return role;
  }

  #kind(purpose: Purpose): Kind {
    if (purpose === 'listener' || purpose === 'datagram') return 'plain';
    return this.#random.weighted<Kind>([4, 'plain'], [3, 'withSend'], [5, 'chat']);
  }

  #want(yes: number): Want {
    const random = this.#random;
    return random.weighted<Want>([2, 'library'], [6, random.chance(yes)], [0.3, 'boom']);
  }

  #listen(role: Role): void {
    const random = this.#random;
    const { adopted } = this.#cast;
    this.#maybe(role, 'accepted', 0.9, () => {
      const child = random.pick(adopted);
      const taken: Act[] =
        child === undefined || random.chance(0.15) ? [{ do: 'refuse' }] : [{ do: 'adopt', role: child }];
      return random.chance(0.2)
        ? [...this.#reaction('plain', 0.3), ...taken]
        : [...taken, ...this.#rarely(0.15, 'plain')];
    });
    this.#maybe(role, 'accept', 0.2, () => [{ do: 'accept' }, ...this.#rarely(0.1, 'plain')]);
  }

  #transfer(role: Role, purpose: Purpose): void {
    const random = this.#random;
    if (role.kind === 'chat') this.#chat(role);
    else if (purpose === 'output') this.#maybe(role, 'read', 0.5, () => this.#rarely(0.5, role.kind));
    else {
      this.#maybe(role, 'read', 0.93, () => [
        ...this.#rarely(0.1, role.kind),
        ...random.list(0, 2, (): Act => ({ do: 'recv', size: random.pick([1, 3, 7, 100, 4096, 65536, 200000]) })),
        ...this.#rarely(0.35, role.kind),
      ]);
    }
    if (role.kind === 'plain') this.#maybe(role, 'write', 0.85, () => this.#rarely(0.4, role.kind), 3);
  }

  #chat(role: Role): void {
    const random = this.#random;
    if (random.chance(0.94)) role.terminator = someTerminator(random);
    if (random.chance(0.35)) role.inSize = random.pick([1, 2, 5, 16, 1000]);
    if (random.chance(0.35)) role.outSize = random.pick([1, 3, 8, 512, 4096]);
    if (random.chance(0.04)) role.abstract = true;
    const aside = () => (random.chance(0.1) ? DISCARD : this.#rarely(0.5, 'chat'));
    this.#maybe(role, 'collect', 0.4, () => [{ do: 'library' }, ...aside()], 4);
    this.#maybe(role, 'found', 0.8, () => [{ do: 'library' }, ...this.#reaction('chat', 0.06)], 4);
  }

  /** A script for `handler`, or none, which leaves the library's own. */
  #maybe(role: Role, handler: HandlerName, probability: number, make: () => Act[], most = 2): void {
    if (this.#random.chance(probability)) role.on[handler] = this.#random.list(1, most, make);
  }

  #rarely(probability: number, kind: Kind): Act[] {
    return this.#random.chance(probability) ? this.#reaction(kind, 0.12) : [];
  }

  /** What a handler does besides its work. */
  #reaction(kind: Kind, failing: number): Act[] {
    const random = this.#random;
    return random.list(0, 2, () => (random.chance(failing) ? this.#failure() : this.#act(kind)));
  }

  #failure(): Act {
    return { do: 'throw', failure: this.#random.pick(FAILURES) };
  }

  #act(kind: Kind): Act {
    const random = this.#random;
    const { channels, peers, listeners, spares, tcp } = this.#cast;
    const other = random.pick(channels);
    const whom = random.chance(0.5) && other !== undefined ? { who: other } : {};
    const peer = tcp ? undefined : random.pick(peers);
    const spare = random.pick(spares);
    const listener = random.pick(listeners);
    return random.weighted<() => Act>(
      [
        5,
        () =>
          kind === 'chat' ? this.chat(whom) : { do: 'write', data: someText(random, kind === 'withSend'), ...whom },
      ],
      [2, () => this.chat(whom)],
      [2, () => ({ do: 'close', ...whom })],
      [1, () => ({ do: 'want', ...whom, read: this.#want(0.8), write: this.#want(0.4) })],
      [0.6, () => ({ do: 'delist', ...whom })],
      [0.8, () => ({ do: 'relist', ...whom })],
      [peer === undefined ? 0 : 2, () => ({ do: 'send', peer: peer ?? '', data: someText(random, true) })],
      [
        peer === undefined ? 0 : 1,
        () => ({ do: random.pick(['drop', 'shut', 'drain', 'reset'] as const), peer: peer ?? '' }),
      ],
      [spare === undefined ? 0 : 1.5, () => spare ?? { do: 'library' }],
      [listener === undefined ? 0 : 0.4, () => ({ do: 'reconnect', ...whom, to: listener ?? '' })],
      [0.4, () => ({ do: 'recv', size: random.pick([1, 100, 4096]), ...whom })],
    )();
  }

  /** Something for a chat's queue, or for its input. */
  chat(whom: { who?: string }): Act {
    const random = this.#random;
    return random.weighted<() => Act>(
      [6, () => ({ do: 'push', data: someText(random), ...whom })],
      [4, () => ({ do: 'produce', pieces: somePieces(random), ...whom })],
      [4, () => ({ do: 'terminator', value: someTerminator(random), ...whom })],
      [1, () => ({ do: 'finish', ...whom })],
      [1, () => ({ do: 'discard', ...whom })],
    )();
  }

  /** For handle_close and handle_error. No transfers, which would end up here again. */
  #farewell(failing = 0.05): Act[] {
    const random = this.#random;
    const other = random.pick(this.#cast.channels);
    const spare = random.pick(this.#cast.spares);
    const acts: Act[] = [];
    if (random.chance(failing)) acts.push(this.#failure());
    if (random.chance(0.2) && other !== undefined) acts.push({ do: 'close', who: other });
    if (random.chance(0.1) && spare !== undefined) acts.push(spare);
    if (random.chance(0.2)) acts.push({ do: 'want', read: random.chance(0.5), write: false });
    if (random.chance(0.7)) acts.push({ do: random.chance(0.5) ? 'library' : 'close' });
    return acts;
  }
}
