// 'asyncore/socket': Python's socket objects and the system's constants.
export type { Address, AddressInfo } from './descriptors/address.ts';
export { Socket, socketpair } from './descriptors/socket.ts';
export type { Data } from './system/arguments.ts';
export * from './system/constants.ts';
