// A random scenario from a seed: who there is, how they behave, and what happens to them step by
// step. What the oracle cannot know stays out: names that need a resolver, descriptors that go bad
// behind the library's back, and resources that run out.
import { Random } from '../support/random.ts';
import { type Cast, type Purpose, RoleMaker, someText } from './roles.ts';
import type { Act, Family, Opening, Role, Scenario, Step, Text } from './scenario.ts';

interface Draft {
  random: Random;
  families: readonly [Family, ...Family[]];
  /** The purposes of the roles in use so far, by number. */
  purposes: Purpose[];
  channels: string[];
  peers: string[];
  listeners: string[];
  /** Channels and their peers. */
  pairs: { who: string; peer: string }[];
}

function roleFor(draft: Draft, purpose: Purpose): number {
  return draft.purposes.push(purpose) - 1;
}

function newName(list: string[], letter: string): string {
  const name = `${letter}${list.length}`;
  list.push(name);
  return name;
}

/** Something new: a channel with its peer, two channels, or a listener. */
function someOpening(draft: Draft): Opening {
  const { random, channels, peers, listeners, pairs } = draft;
  const family = random.pick(draft.families);
  const name = newName(channels, 'c');
  const end = random.chance(0.6) ? 'read' : 'write';
  const to = random.pick(listeners);
  return random.weighted<() => Opening>(
    [
      8,
      () => {
        const peer = newName(peers, 'p');
        const pair: Opening = { do: 'pair', name, role: roleFor(draft, 'stream'), peer, family };
        pairs.push({ who: name, peer });
        return family === 'unix' && random.chance(0.5) ? { ...pair, buffer: 2048 } : pair;
      },
    ],
    [
      2,
      () => {
        const peer = newName(peers, 'p');
        pairs.push({ who: name, peer });
        return { do: 'pair', name, role: roleFor(draft, 'datagram'), peer, family: 'dgram' };
      },
    ],
    [
      2,
      () => {
        const [role, otherRole] = [roleFor(draft, 'stream'), roleFor(draft, 'stream')];
        return { do: 'twins', name, role, other: newName(channels, 'c'), otherRole, family };
      },
    ],
    [
      3,
      () => {
        const role = roleFor(draft, end === 'read' ? 'input' : 'output');
        return { do: random.chance(0.6) ? 'pipe' : 'fifo', name, role, peer: newName(peers, 'p'), end };
      },
    ],
    [1, () => ({ do: 'file', name, role: roleFor(draft, 'file'), content: someText(random) })],
    [
      3,
      () => {
        listeners.push(name);
        return { do: 'listen', name, role: roleFor(draft, 'listener'), family };
      },
    ],
    [
      2,
      () => {
        const peer = newName(peers, 'p');
        listeners.push(peer);
        channels.pop();
        return { do: 'rawListen', peer, family, deaf: random.chance(0.25) };
      },
    ],
    [
      to === undefined ? 0 : 6,
      () => {
        pairs.push({ who: name, peer: to ?? '' });
        return { do: 'connect', name, role: roleFor(draft, 'stream'), to: to ?? '' };
      },
    ],
  )();
}

/** What the peers do between passes. */
function someActOfPeers(draft: Draft): Act {
  const { random, peers, listeners } = draft;
  const peer = random.pick(peers) ?? '';
  const from = random.pick(listeners) ?? '';
  return random.weighted<() => Act>(
    [9, () => ({ do: 'send', peer, data: someText(random) })],
    [4, () => ({ do: 'drain', peer })],
    [0.7, () => ({ do: 'shut', peer })],
    [0.7, () => ({ do: 'drop', peer })],
    [0.6, () => ({ do: 'reset', peer })],
    [draft.families.length > 1 ? 3 : 0, () => ({ do: 'oob', peer })],
    [0.3, () => ({ do: 'reopen', peer })],
    [from === '' ? 0 : 3, () => ({ do: 'rawConnect', peer: newName(peers, 'p'), to: from })],
    [from === '' ? 0 : 2, () => ({ do: 'rawAccept', peer: newName(peers, 'p'), from })],
  )();
}

/** What the program does to its channels between passes. */
function someActOfProgram(draft: Draft, roles: RoleMaker): Act {
  const { random, channels, listeners } = draft;
  const who = random.pick(channels) ?? '';
  const to = random.pick(listeners) ?? '';
  return random.weighted<() => Act>(
    [6, () => roles.chat({ who })],
    [4, () => ({ do: 'write', who, data: someText(random, true) })],
    [1, () => ({ do: 'close', who })],
    [1, () => ({ do: 'want', who, read: random.chance(0.8), write: random.chance(0.4) })],
    [0.5, () => ({ do: 'delist', who })],
    [0.8, () => ({ do: 'relist', who })],
    [to === '' ? 0 : 0.5, () => ({ do: 'reconnect', who, to })],
  )();
}

/** Output that has to wait, and then room for it. */
function someCongestion({ random, pairs }: Draft): Act[] {
  const pair = random.pick(pairs);
  if (pair === undefined) return [];
  const { who, peer } = pair;
  const data = (): Text =>
    random.chance(0.5) ? someText(random, true) : { text: '12345678', times: random.pick([30, 300, 700]) };
  return random.list(2, 4, () =>
    random.weighted<() => Act>(
      [2, () => ({ do: 'write', who, data: data() })],
      [2, () => ({ do: 'push', who, data: data() })],
      [3, () => ({ do: 'drain', peer })],
    )(),
  );
}

/** What happens before the passes of a step. */
function someActs(draft: Draft, roles: RoleMaker): Act[] {
  const { random } = draft;
  if (random.chance(0.12)) return someCongestion(draft);
  return random.list(0, 3, () => (random.chance(0.7) ? someActOfPeers(draft) : someActOfProgram(draft, roles)));
}

/** A scenario; always the same for a given seed. */
export function generate(seed: number, hasInet6: boolean): Scenario {
  const random = new Random(seed);
  const tcp = random.chance(0.25);
  const families: Draft['families'] = tcp ? ['inet', ...(hasInet6 ? ['inet6' as const] : []), 'unix'] : ['unix'];
  const draft: Draft = { random, families, purposes: [], channels: [], peers: [], listeners: [], pairs: [] };
  const opened = random.list(1, random.chance(0.1) ? 24 : 6, () => someOpening(draft));
  const spares = random.list(0, 2, () => someOpening(draft));
  const adopted = draft.listeners.length > 0 ? random.list(1, 2, () => roleFor(draft, 'stream')) : [];
  const children = draft.listeners.flatMap((name) => [`${name}/1`, `${name}/2`]);
  const cast: Cast = {
    channels: [...draft.channels, ...children],
    peers: [...draft.peers],
    listeners: draft.listeners,
    spares,
    adopted,
    tcp,
  };
  const maker = new RoleMaker(random, cast);
  const roles: Role[] = draft.purposes.map((purpose) => maker.make(purpose));
  draft.channels.push(...children);

  const steps: Step[] = random.list(5, 14, () => ({
    acts: someActs(draft, maker),
    passes: random.weighted([6, 1], [4, 2], [3, 3], [1, 12]),
    nap: random.chance(0.8) ? 'turn' : 'while',
  }));
  // Most exist from the start; some are added later, in the order of their names.
  let at = 0;
  for (const opening of opened) {
    if (random.chance(0.2)) at = Math.min(at + random.int(1, 2), steps.length - 1);
    steps[at]?.acts.unshift(opening);
  }
  for (const step of steps) {
    const isOpening = (act: Act) => 'name' in act || act.do === 'rawListen';
    step.acts = [...step.acts.filter(isOpening).reverse(), ...step.acts.filter((act) => !isOpening(act))];
  }
  return { seed, tcp, roles, steps };
}
