// The codes of all errors, as types, so that a comparison with a misspelt one does not compile.
import type { constants } from 'node:os';

/**
 * The code of a failed system call: its name, or its number where it has none (`'E524'`). Linux has
 * more than `os.constants.errno`.
 */
export type SystemErrorCode =
  | Exclude<keyof typeof constants.errno, `WSA${string}`>
  | 'EHOSTDOWN'
  | 'EMEDIUMTYPE'
  | 'ENOKEY'
  | 'ENOMEDIUM'
  | 'ENONET'
  | 'ENOTRECOVERABLE'
  | 'EOWNERDEAD'
  | 'EPFNOSUPPORT'
  | 'EREMOTEIO'
  | 'ESHUTDOWN'
  | 'ESOCKTNOSUPPORT'
  | 'ETOOMANYREFS'
  | 'EUNATCH'
  | 'EUSERS'
  | `E${number}`;

/** The codes of all errors that the library throws, those of system calls included. */
export type ErrorCode =
  | SystemErrorCode
  | 'ABORT_ERR'
  | 'ERR_ALREADY_REGISTERED'
  | 'ERR_ASSERTION'
  | 'ERR_CHANNEL_CLOSING'
  | 'ERR_CHANNEL_IN_USE'
  | 'ERR_INCOMING_TOO_LONG'
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_ARG_VALUE'
  | 'ERR_LOOP_RUNNING'
  | 'ERR_METHOD_NOT_IMPLEMENTED'
  | 'ERR_NOTHING_TO_WAIT_FOR'
  | 'ERR_NOT_A_SOCKET'
  | 'ERR_NOT_CONNECTED'
  | 'ERR_NOT_REGISTERED'
  | 'ERR_NO_SOCKET'
  | 'ERR_NO_TERMINATOR'
  | 'ERR_OUT_OF_RANGE'
  | 'ERR_POLL_RUNNING'
  | 'ERR_SELECTOR_CLOSED'
  | 'ERR_SELECT_RUNNING'
  | 'ERR_SOCKET_CLOSED'
  | 'ERR_STREAM_DESTROYED'
  | 'ERR_STREAM_WRITE_AFTER_END'
  | 'ERR_UNKNOWN_SIGNAL';
