// A pair of pseudo-terminals.
import { Adopted } from '../descriptors/adopted.ts';
import { FileWrapper } from '../descriptors/file_wrapper.ts';
import { systemError } from '../system/errors.ts';
import { native } from '../system/native.ts';

/**
 * A new terminal: what is written to the second end is read from the first, as from a keyboard and to
 * a screen the other way. Give the second one to a program (`stdio: [slave.fd, slave.fd, slave.fd]`) and
 * close it here: its end is then the end of the first. Neither end blocks here, nor is inherited unasked.
 *
 * Errors: SystemError. Source: pty(7), Python's `os.openpty`.
 */
export function openpty(): [master: FileWrapper, slave: FileWrapper] {
  const result = native.openpty();
  if (typeof result === 'number') throw systemError(result, 'openpty');
  const [master, slave] = result;
  return [new FileWrapper(new Adopted(master)), new FileWrapper(new Adopted(slave))];
}
