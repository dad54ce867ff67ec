/**
 * Seeing inside a running program: counters for the loop of a map, and traces for a trace viewer.
 *
 * @module asyncore/insight
 */
export type { AcceptMessage } from './dispatchers/accepting.ts';
export { type ChannelStats, type HandlerTime, type Stats, stats } from './insight/stats.ts';
export { Trace, type TraceEvent, type TraceOptions } from './insight/trace.ts';
export type { ErrorMessage } from './reactor/guard.ts';
export type { DispatchMessage, PassMessage } from './reactor/observed.ts';
