/**
 * Python's selectors module.
 *
 * @module asyncore/selectors
 */
export {
  BaseSelector,
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  type Selected,
  SelectSelector,
} from './selectors/selector.ts';
export type { SelectorKey, SelectorMap } from './selectors/selector_map.ts';
export type { FileLike } from './system/file_like.ts';
