// 'asyncore/socket': Python's socket objects and the system's constants.
export type { Address, AddressInfo } from './address.ts';
export type { Data } from './arguments.ts';
export * from './constants.ts';
export { Socket, socketpair } from './socket_object.ts';
