// 'asyncore/linux': the descriptors that only Linux has. It can be imported elsewhere; calling says ENOTSUP.
export * from './linux/constants.ts';
export {
  EventFdDispatcher,
  InotifyDispatcher,
  type LinuxDispatcher,
  PidFdDispatcher,
  SignalFdDispatcher,
  TimerFdDispatcher,
} from './linux/dispatchers.ts';
export { EventFd } from './linux/event_fd.ts';
export { Inotify, type InotifyEvent } from './linux/inotify.ts';
export type { LinuxFile } from './linux/linux_file.ts';
export { type Ending, PidFd } from './linux/pid_fd.ts';
export { SignalFd, type SignalInfo } from './linux/signal_fd.ts';
export type { Signal } from './linux/signals.ts';
export { TimerFd } from './linux/timer_fd.ts';
