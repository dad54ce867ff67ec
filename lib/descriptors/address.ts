// Addresses as Python writes them, checked and split into parts for the addon.
import { isIP } from 'node:net';
import { constants } from 'node:os';
import { integer } from '../system/arguments.ts';
import { AF_INET6, AF_UNIX } from '../system/constants.ts';
import { invalidType, invalidValue, SystemError } from '../system/errors.ts';

/**
 * A socket address: `[host, port]` (IPv6 may add flow info and scope ID), or the path of a UNIX
 * socket, where a leading `\0` makes an abstract name.
 */
export type Address = readonly [host: string, port: number, flowinfo?: number, scopeid?: number] | string;

/** An address as returned by accept(), getsockname() and the like. */
export type AddressInfo =
  | [host: string, port: number]
  | [host: string, port: number, flowinfo: number, scopeid: number]
  | string;

type AddressParts = [host: string, port: number, flow: number, scope: number];

const ENAMETOOLONG = -constants.errno.ENAMETOOLONG;
/** sizeof(sockaddr_un.sun_path) on Linux; other systems have less and report that themselves. */
const PATH_MAX = 108;

function unixParts(path: unknown, name: string): AddressParts {
  if (typeof path !== 'string') throw invalidType(name, 'of type string for a UNIX socket', path);
  const isAbstract = path.startsWith('\0');
  if (!isAbstract && path.includes('\0')) throw invalidValue(name, 'a path without NUL characters', path);
  // Checked here because a kernel that truncates the path would bind another name.
  if (Buffer.byteLength(path) + (isAbstract ? 0 : 1) > PATH_MAX) throw new SystemError(ENAMETOOLONG, name, path);
  return [path, 0, 0, 0];
}

/** The names that need no resolver: '' is any address, 'localhost' is the loopback address. */
function literalHost(host: string, family: number): string {
  const isV6 = family === AF_INET6;
  if (host === '') return isV6 ? '::' : '0.0.0.0';
  if (host === 'localhost') return isV6 ? '::1' : '127.0.0.1';
  return host;
}

/** Whether a connection to `address` needs a name to be resolved first. */
export function needsLookup(address: Address): boolean {
  if (typeof address === 'string') return false;
  const host = address[0];
  return typeof host === 'string' && host !== '' && host !== 'localhost' && isIP(host) === 0;
}

/** Checks the form of [host, port] whether the host is an IP address or a name. */
function inetParts(address: unknown, name: string): AddressParts {
  if (!Array.isArray(address) || address.length < 2 || address.length > 4) {
    throw invalidType(name, 'an array [host, port]', address);
  }
  const [host, port, flow, scope]: unknown[] = address;
  if (typeof host !== 'string') throw invalidType(`${name}[0]`, 'of type string', host);
  if (host.includes('\0')) throw invalidValue(`${name}[0]`, 'a host without NUL characters', host);
  return [
    host,
    integer(port, `${name}[1]`, 0, 65535),
    flow === undefined ? 0 : integer(flow, `${name}[2]`, 0, 0xfffff),
    scope === undefined ? 0 : integer(scope, `${name}[3]`, 0, 2 ** 31 - 1),
  ];
}

/** Checks an address that may contain a host name. */
export function checkAddress(address: unknown, family: number, name = 'address'): void {
  if (family === AF_UNIX) unixParts(address, name);
  else inetParts(address, name);
}

/** The parts of an address of `family` for the addon. */
export function addressParts(address: unknown, family: number, name = 'address'): AddressParts {
  if (family === AF_UNIX) return unixParts(address, name);
  const parts = inetParts(address, name);
  parts[0] = literalHost(parts[0], family);
  const version = isIP(parts[0]);
  if (version === 0) {
    throw invalidValue(
      `${name}[0]`,
      "an IP address, '' or 'localhost' (Dispatcher.connect() resolves other names; for bind(), use dns.lookup())",
      parts[0],
    );
  }
  if ((version === 6) !== (family === AF_INET6)) {
    throw invalidValue(`${name}[0]`, version === 6 ? 'an IPv4 address' : 'an IPv6 address', parts[0]);
  }
  return parts;
}
