// JSON from outside, the results file and what programs print, is unknown until it was looked at.

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
