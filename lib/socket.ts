/**
 * Python's socket objects, and the system's constants under their C names. One that this system does
 * not have is NaN.
 *
 * @module asyncore/socket
 */
export type { Address, AddressInfo, InetAddress, InetAddressInfo, UnixAddressInfo } from './descriptors/address.ts';
export { type Ancillary, CMSG_LEN, CMSG_SPACE, type ReceivedAncillary } from './descriptors/message.ts';
export { ifIndexToName, ifNameToIndex, inetNtop, inetPton } from './descriptors/names.ts';
export { recvFds, sendFds } from './descriptors/passing.ts';
export { listenFds, sdNotify } from './descriptors/service_manager.ts';
export { Socket, socketpair } from './descriptors/socket.ts';
export type { PeerCredentials, SocketOptions } from './descriptors/socket_options.ts';
export type { TcpInfo } from './descriptors/tcp_info.ts';
export type { Data } from './system/arguments.ts';
export * from './system/constants.ts';
export type { Family } from './system/families.ts';
