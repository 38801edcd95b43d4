/**
 * The figures that a suite has counted, as a table on the terminal, and as a line of JSON in the file that SALUS_FIGURES names, from which
 * `npm run verify` makes its final table.
 */
import { appendFileSync } from 'node:fs';

/** Counted things by name, in the order in which they are shown. */
export type Figures = Readonly<Record<string, number | string>>;

/** Shows the figures of one suite and keeps them for the final table. */
export function report(title: string, figures: Figures): void {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  const lines = Object.entries(figures).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
  const file = process.env.SALUS_FIGURES;
  if (file) appendFileSync(file, `${JSON.stringify({ title, figures })}\n`);
}
