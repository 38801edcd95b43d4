import { widthOf } from './style';

/** A column: its heading, and which side its cells keep to (numbers right). */
export interface TableColumn {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/**
 * Lines of a table with a heading; the widest cell makes the column.
 * @param columns headings with alignment; a text is a left-aligned heading
 * @param rows cells as they are printed, one per column
 */
export function tableLines(columns: readonly (string | TableColumn)[], rows: readonly (readonly string[])[]): string[] {
  const described = columns.map((column) => (typeof column === 'string' ? { heading: column } : column));
  const headings = described.map(({ heading }) => heading);
  const widths = described.map((_, at) => [headings, ...rows].reduce((widest, cells) => Math.max(widest, widthOf(cells[at] ?? '')), 0));
  const line = (cells: readonly string[]): string => cells.map((cell, at) => pad(cell, widths[at], described[at].align)).join(GAP).trimEnd();
  return [line(headings), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)];
}

/** Lines of names and values under each other, the values in one column. */
export function pairLines(pairs: readonly (readonly [name: string, value: string])[]): string[] {
  const width = pairs.reduce((widest, [name]) => Math.max(widest, widthOf(name)), 0);
  return pairs.map(([name, value]) => `${pad(name, width)}${GAP}${value}`.trimEnd());
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blank = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + blank : blank + text;
}
