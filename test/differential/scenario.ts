// The vocabulary of a scenario: what channels there are, how each behaves, and what their peers do
// between the passes. It is passed on as JSON; world.ts plays it with this library and world.py
// with CPython's own asyncore, act by act with the same names.

/** ASCII text to send: as is, or repeated. */
export type Text = string | { text: string; times: number };

/** Which socket pair or listener: `dgram` is a pair of UNIX datagram sockets. */
export type Family = 'unix' | 'inet' | 'inet6' | 'dgram';

/** Dispatcher (over a file: FileDispatcher), DispatcherWithSend, AsyncChat. */
export type Kind = 'plain' | 'withSend' | 'chat';

/** What a handler throws: an error of its own, ExitNow, or a system error. */
export type Failure = 'boom' | 'exit' | 'ECONNRESET' | 'EPIPE' | 'EBADF' | 'EIO' | 'ETIMEDOUT' | 'EAGAIN';

/** What a predicate of the scenario's own answers; `library` calls the one it overrides. */
export type Want = boolean | 'library' | 'boom';

export type HandlerName =
  | 'read'
  | 'write'
  | 'expt'
  | 'connect'
  | 'accept'
  | 'accepted'
  | 'close'
  | 'error'
  | 'collect'
  | 'found';

/** A piece that a producer returns; `boom` throws, `push` queues more on its own channel. */
export type Piece = { give: Text } | { boom: true } | { push: Text };

/** The acts that create channels and peers. An act whose name is already taken is skipped. */
export type Opening =
  | { do: 'pair'; name: string; role: number; peer: string; family: Family; buffer?: number }
  | { do: 'twins'; name: string; role: number; other: string; otherRole: number; family: Family }
  | { do: 'pipe' | 'fifo'; name: string; role: number; peer: string; end: 'read' | 'write' }
  | { do: 'file'; name: string; role: number; content: Text }
  | { do: 'listen'; name: string; role: number; family: Family }
  | { do: 'connect'; name: string; role: number; to: string }
  | { do: 'rawListen'; peer: string; family: Family; deaf: boolean }
  | { do: 'rawConnect'; peer: string; to: string }
  | { do: 'rawAccept'; peer: string; from: string };

/** The acts of peers: raw sockets and pipe ends that no channel owns. */
export type PeerAct =
  | { do: 'send'; peer: string; data: Text }
  | { do: 'oob' | 'drain' | 'shut' | 'drop' | 'reset' | 'reopen'; peer: string };

/** The acts on a channel: the named one, or the one whose handler is running. */
export type ChannelAct =
  | { do: 'recv'; who?: string; size: number }
  | { do: 'write' | 'push'; who?: string; data: Text }
  | { do: 'produce'; who?: string; pieces: Piece[] }
  | { do: 'recvOob' | 'finish' | 'discard' | 'close' | 'delist' | 'relist' | 'accept'; who?: string }
  | { do: 'terminator'; who?: string; value: string | number | null }
  | { do: 'want'; who?: string; read?: Want; write?: Want }
  | { do: 'reconnect'; who?: string; to: string };

/** The acts that only a handler can do; `library` calls the handler that it overrides. */
export type HandlerAct =
  | { do: 'throw'; failure: Failure }
  | { do: 'library' | 'refuse' }
  | { do: 'adopt'; role: number };

export type Act = Opening | PeerAct | ChannelAct | HandlerAct;

/** How a channel behaves. */
export interface Role {
  kind: Kind;
  /** What each call of a handler does: the first list on the first call, the last one from then on. */
  on: Partial<Record<HandlerName, Act[][]>>;
  /** Predicates of the scenario's own; the library's are used if there are none. */
  wants?: { read: Want; write: Want };
  /** The chat's terminator; without one, input is an error. */
  terminator?: string | number | null;
  inSize?: number;
  outSize?: number;
  /** Whether collectIncomingData() and foundTerminator() are left unimplemented. */
  abstract?: boolean;
  /** Whether to log warnings as well. */
  verbose?: boolean;
  debug?: boolean;
}

export interface Step {
  /** What happens before the passes. */
  acts: Act[];
  passes: number;
  /** How the library may sleep before the acts: for one turn of Node's event loop, or for a while. */
  nap: 'turn' | 'while';
}

export interface Scenario {
  seed: number;
  /** Whether the passes must wait for TCP to deliver. */
  tcp: boolean;
  roles: Role[];
  steps: Step[];
}

/** What one run of a scenario produced. */
export interface Outcome {
  seed: number;
  arm: string;
  trace: string[];
  /** For each step, whether nothing at all was ready before it (known to the oracle only). */
  quiet?: boolean[];
}
