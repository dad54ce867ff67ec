// What the addresses of a family look like, as types, so that a socket that is made with a family's
// constant tells its addresses as that family has them.

/** An address of `AF_INET`, or of `AF_INET6`, which adds flow info and scope ID. */
export type InetAddressInfo =
  | [host: string, port: number]
  | [host: string, port: number, flowinfo: number, scopeid: number];

/** An address of `AF_UNIX`, or the bytes of one of a family that has no form of its own here. */
export type UnixAddressInfo = string | Buffer;

/**
 * An address as returned by accept(), getsockname() and the like; `Array.isArray()` tells the two kinds apart.
 * A path that is not UTF-8 is a Buffer, because text would lose some of its bytes, and so is an address of a
 * family that has no form of its own here: the bytes of the sockaddr after its family.
 */
export type AddressInfo = InetAddressInfo | UnixAddressInfo;

declare const addresses: unique symbol;

/** The number of an address family whose addresses are `A`: the type of `AF_INET`, `AF_INET6` and `AF_UNIX`. */
export type Family<A extends AddressInfo = AddressInfo> = number & {
  /** For the compiler alone: nothing has it. */
  readonly [addresses]: A;
};
