// What the generated pages have in common: tables, and the line about the machine.
import type { Results } from './results.ts';

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [row(head), row(rule), ...rows.map(row)].join('\n');
}

export function machineLine({ machine, settings, date }: Results): string {
  const { processor, memory, system, node, libuv, python, library, pinning } = machine;
  return (
    `Measured on ${date.slice(0, 10)}: ${processor}, ${memory}, ${system}, Node ${node} (libuv ${libuv}), ${python}, ` +
    `library ${library}; pinning: ${pinning}. ` +
    `${settings.repetitions} repetitions of ${settings.seconds} s, interleaved and shuffled; each ratio is the median ` +
    'of the ratios within each repetition.'
  );
}
