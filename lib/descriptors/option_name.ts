// The number of an option that not every system has.
import { constants } from 'node:os';
import { SystemError } from '../system/errors.ts';

/** The constant as it is; throws `ENOTSUP` if it is NaN, because this system does not have it. */
export function known(constant: number): number {
  if (Number.isNaN(constant)) throw new SystemError(-constants.errno.ENOTSUP, 'setsockopt');
  return constant;
}
