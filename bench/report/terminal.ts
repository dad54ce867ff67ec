// Tables in the terminal.
import CliTable from 'cli-table3';
import type { Table } from './tables.ts';

const bold = (text: string): string => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text: string): string => (process.stdout.isTTY ? `\x1b[2m${text}\x1b[0m` : text);

export function printTable(table: Table): void {
  const drawn = new CliTable({
    head: table.head,
    colAligns: table.head.map((_, column) => (column === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of table.rows) drawn.push(row);
  console.log(`\n${bold(table.title)}\n${drawn.toString()}\n${dim(table.note)}`);
}
