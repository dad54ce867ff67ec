// A descriptor that the addon has opened already, for the constructors of Socket and FileWrapper. The
// entry points do not export it, so that no handle can be passed in from outside.

export class Adopted {
  readonly handle: number;
  /** Of a socket. */
  readonly family: number;
  readonly type: number;

  constructor(handle: number, family = 0, type = 0) {
    this.handle = handle;
    this.family = family;
    this.type = type;
  }
}
