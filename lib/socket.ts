/**
 * Python's socket objects, and the system's constants under their C names. One that this system does
 * not have is NaN.
 *
 * @module asyncore/socket
 */
export type { Address, AddressInfo, InetAddress } from './descriptors/address.ts';
export { Socket, socketpair } from './descriptors/socket.ts';
export type { Data } from './system/arguments.ts';
export * from './system/constants.ts';
