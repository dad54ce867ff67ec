// How figures are written, in the terminal and on the pages.

/** A figure with as many digits as mean something. */
export function formatFigure(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  // The last part makes 0 of -0.
  return (Number(value.toFixed(2)) + 0).toFixed(2);
}

/** A ratio with as many digits as mean something. */
export function formatRatio(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value < 0.1 ? value.toFixed(3) : value.toFixed(2);
}
