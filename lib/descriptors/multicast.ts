// Multicast groups of IPv4 and IPv6: the structures behind a membership and an interface.
import { isIP } from 'node:net';
import { integer } from '../system/arguments.ts';
import {
  AF_INET,
  AF_INET6,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_JOIN_GROUP,
  IPV6_LEAVE_GROUP,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
} from '../system/constants.ts';
import { invalidType, invalidValue } from '../system/errors.ts';
import { ifNameToIndex, inetPton } from './names.ts';

interface WithOptions {
  readonly family: number;
  setsockopt(level: number, name: number, value: number | Uint8Array): void;
}

const ANY = '0.0.0.0';
const OPTIONS = {
  TTL: [IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS],
  LOOP: [IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP],
  IF: [IP_MULTICAST_IF, IPV6_MULTICAST_IF],
} as const;

/** The number of an interface, 0 for whichever the system likes. */
function indexOf(on: unknown): number {
  if (on === undefined) return 0;
  if (typeof on === 'number') return integer(on, 'on');
  if (typeof on !== 'string') throw invalidType('on', 'of type string or number', on);
  return ifNameToIndex(on);
}

/** struct ip_mreqn: group, address of the interface, number of the interface. */
function request(group: string, on: unknown): Uint8Array {
  const isAddress = typeof on === 'string' && isIP(on) === 4;
  const index = new Uint8Array(Int32Array.of(isAddress ? 0 : indexOf(on)).buffer);
  return Buffer.concat([inetPton(AF_INET, group), inetPton(AF_INET, isAddress ? on : ANY), index]);
}

/** Joins a group, or leaves it. */
export function changeMembership(socket: WithOptions, joins: boolean, group: unknown, on: unknown): void {
  const version = socket.family === AF_INET6 ? 6 : 4;
  if (typeof group !== 'string' || isIP(group) !== version || group.includes('%')) {
    throw invalidValue('group', `an IPv${version} address`, group);
  }
  if (version === 4) {
    socket.setsockopt(IPPROTO_IP, joins ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, request(group, on));
    return;
  }
  // struct ipv6_mreq: group and number of the interface.
  const index = new Uint8Array(Int32Array.of(indexOf(on)).buffer);
  const name = joins ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
  socket.setsockopt(IPPROTO_IPV6, name, Buffer.concat([inetPton(AF_INET6, group), index]));
}

/** Sets how multicasts are sent. */
export function setMulticastOption(socket: WithOptions, option: keyof typeof OPTIONS, value: string | number): void {
  const [v4, v6] = OPTIONS[option];
  if (socket.family === AF_INET6) socket.setsockopt(IPPROTO_IPV6, v6, indexOf(value));
  else socket.setsockopt(IPPROTO_IP, v4, option === 'IF' ? request(ANY, value) : indexOf(value));
}
