// Addresses as Python writes them, checked and split into parts for the addon.
import { isIP } from 'node:net';
import { constants } from 'node:os';
import { types } from 'node:util';
import { bytesOf, integer } from '../system/arguments.ts';
import { AF_INET, AF_INET6, AF_UNIX } from '../system/constants.ts';
import { invalidType, invalidValue, SystemError } from '../system/errors.ts';
import { textOfBytes } from '../system/text.ts';

export type { AddressInfo, InetAddressInfo, UnixAddressInfo } from '../system/families.ts';

/** `[host, port]`; IPv6 may add flow info and scope ID. */
export type InetAddress = readonly [host: string, port: number, flowinfo?: number, scopeid?: number];

/**
 * A socket address: `[host, port]` (IPv6 may add flow info and scope ID), or the path of a UNIX
 * socket as text or bytes, where a leading `\0` makes an abstract name. For families that have no form
 * of their own here (netlink, packet, vsock, CAN, ...), the bytes of the sockaddr after its family.
 */
export type Address = InetAddress | string | Uint8Array;

type AddressParts = [host: string | Uint8Array, port: number, flow: number, scope: number];

const ENAMETOOLONG = -constants.errno.ENAMETOOLONG;
/** sizeof(sockaddr_un.sun_path) on Linux; other systems have less and report that themselves. */
const PATH_MAX = 108;
/** What a sockaddr_storage has room for after the family. */
const BYTES_MAX = 126;

function unixParts(path: unknown, name: string): AddressParts {
  if (typeof path !== 'string' && !types.isUint8Array(path)) {
    throw invalidType(name, 'of type string or an instance of Uint8Array for a UNIX socket', path);
  }
  const bytes = bytesOf(path, name);
  const isAbstract = bytes[0] === 0;
  if (!isAbstract && bytes.includes(0)) throw invalidValue(name, 'a path without NUL characters', path);
  // Checked here because a kernel that truncates the path would bind another name.
  if (bytes.length + (isAbstract ? 0 : 1) > PATH_MAX) throw new SystemError(ENAMETOOLONG, name, shown(path));
  return [path, 0, 0, 0];
}

/** The bytes of an address of a family that has no form of its own. */
function rawParts(address: unknown, name: string): AddressParts {
  if (!types.isUint8Array(address)) {
    throw invalidType(name, 'an instance of Uint8Array (the sockaddr after its family)', address);
  }
  if (address.length > BYTES_MAX) throw invalidValue(name, `at most ${BYTES_MAX} bytes`, address);
  return [bytesOf(address, name), 0, 0, 0];
}

/** Whether addresses of that family are [host, port]. */
export function isInet(family: number): boolean {
  return family === AF_INET || family === AF_INET6;
}

/** The names that need no resolver: '' is any address, 'localhost' is the loopback address. */
function literalHost(host: string, family: number): string {
  const isV6 = family === AF_INET6;
  if (host === '') return isV6 ? '::' : '0.0.0.0';
  if (host === 'localhost') return isV6 ? '::1' : '127.0.0.1';
  return host;
}

/** Whether a connection to `address` needs a name to be resolved first. */
export function needsLookup(address: Address): address is InetAddress {
  if (typeof address === 'string' || types.isUint8Array(address)) return false;
  const host = address[0];
  return typeof host === 'string' && host !== '' && host !== 'localhost' && isIP(host) === 0;
}

/** An address as shown in errors. */
export function shown(address: Address): string | [host: string, port: number] {
  if (typeof address === 'string') return address;
  return types.isUint8Array(address) ? textOfBytes(address) : [address[0], address[1]];
}

/** Checks the form of [host, port] whether the host is an IP address or a name. */
function inetParts(address: unknown, name: string): [host: string, port: number, flow: number, scope: number] {
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
  if (isInet(family)) inetParts(address, name);
  else addressParts(address, family, name);
}

/** The parts of an address of `family` for the addon. */
export function addressParts(address: unknown, family: number, name = 'address'): AddressParts {
  if (family === AF_UNIX) return unixParts(address, name);
  if (!isInet(family)) return rawParts(address, name);
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
