// The constants of these descriptors, read from the addon. Elsewhere than on Linux, each is NaN.
import { constant } from '../system/native.ts';

/** A clock that nobody sets, and that also runs while the system is suspended. */
export const CLOCK_BOOTTIME = constant('CLOCK_BOOTTIME');
/** Like `CLOCK_BOOTTIME`; a timer wakes a suspended system. Needs CAP_WAKE_ALARM. */
export const CLOCK_BOOTTIME_ALARM = constant('CLOCK_BOOTTIME_ALARM');
/** A clock that nobody sets, and that stands still while the system is suspended. */
export const CLOCK_MONOTONIC = constant('CLOCK_MONOTONIC');
/** The time of day, in seconds since 1970 (UTC); it can be set. */
export const CLOCK_REALTIME = constant('CLOCK_REALTIME');
/** Like `CLOCK_REALTIME`; a timer wakes a suspended system. Needs CAP_WAKE_ALARM. */
export const CLOCK_REALTIME_ALARM = constant('CLOCK_REALTIME_ALARM');
/** For settime(): `initial` is a time of the timer's clock, in seconds, and not a time from now. */
export const TFD_TIMER_ABSTIME = constant('TFD_TIMER_ABSTIME');
/** With `TFD_TIMER_ABSTIME` and a `CLOCK_REALTIME*` clock: read() throws `ECANCELED` after the clock was set. */
export const TFD_TIMER_CANCEL_ON_SET = constant('TFD_TIMER_CANCEL_ON_SET');
/** A file was read or executed. */
export const IN_ACCESS = constant('IN_ACCESS');
/** Metadata changed: the rights, the owner, the times, the extended attributes or the number of links. */
export const IN_ATTRIB = constant('IN_ATTRIB');
/** `IN_CLOSE_WRITE` and `IN_CLOSE_NOWRITE` together. */
export const IN_CLOSE = constant('IN_CLOSE');
/** A file or folder that was not open for writing was closed. */
export const IN_CLOSE_NOWRITE = constant('IN_CLOSE_NOWRITE');
/** A file that was open for writing was closed. */
export const IN_CLOSE_WRITE = constant('IN_CLOSE_WRITE');
/** A file or folder was created in the watched folder. */
export const IN_CREATE = constant('IN_CREATE');
/** A file or folder was deleted from the watched folder. */
export const IN_DELETE = constant('IN_DELETE');
/** What is watched was itself deleted, or moved to another file system; `IN_IGNORED` follows. */
export const IN_DELETE_SELF = constant('IN_DELETE_SELF');
/** For addWatch(): if the path is a symbolic link, watches the link itself. */
export const IN_DONT_FOLLOW = constant('IN_DONT_FOLLOW');
/** For addWatch() of a folder: no events of its files once they have been unlinked from it. */
export const IN_EXCL_UNLINK = constant('IN_EXCL_UNLINK');
/** The watch has ended: by rmWatch(), after `IN_ONESHOT`, or because what it watched was deleted or unmounted. */
export const IN_IGNORED = constant('IN_IGNORED');
/** The event is about a folder. */
export const IN_ISDIR = constant('IN_ISDIR');
/** For addWatch(): adds to the mask of a watch that exists, instead of replacing it. */
export const IN_MASK_ADD = constant('IN_MASK_ADD');
/** For addWatch(): throws `EEXIST` if what the path leads to is watched already. */
export const IN_MASK_CREATE = constant('IN_MASK_CREATE');
/** A file was written to or truncated. */
export const IN_MODIFY = constant('IN_MODIFY');
/** `IN_MOVED_FROM` and `IN_MOVED_TO` together. */
export const IN_MOVE = constant('IN_MOVE');
/** A file or folder was moved out of the watched folder, or renamed there: `name` is the old name. */
export const IN_MOVED_FROM = constant('IN_MOVED_FROM');
/** A file or folder was moved into the watched folder, or renamed there: `name` is the new name. */
export const IN_MOVED_TO = constant('IN_MOVED_TO');
/** What is watched was itself moved or renamed. */
export const IN_MOVE_SELF = constant('IN_MOVE_SELF');
/** For addWatch(): the watch ends after one event. */
export const IN_ONESHOT = constant('IN_ONESHOT');
/** For addWatch(): throws `ENOTDIR` if the path is not a folder. */
export const IN_ONLYDIR = constant('IN_ONLYDIR');
/** A file or folder was opened. */
export const IN_OPEN = constant('IN_OPEN');
/** The queue was full, and events were lost; `wd` is -1. */
export const IN_Q_OVERFLOW = constant('IN_Q_OVERFLOW');
/** The file system of what is watched was unmounted; `IN_IGNORED` follows. */
export const IN_UNMOUNT = constant('IN_UNMOUNT');
