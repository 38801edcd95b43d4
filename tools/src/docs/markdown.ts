/** Markdown tables and notes of the generated pages. */

/** First line of every generated page. */
export const GENERATED_NOTE = '<!-- Generated, do not edit: npm run docs -->';

/** One cell: no line break, no open pipe. */
export function cell(value: string | number): string {
  return String(value).replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|').trim();
}

/** Text as code that a table cell can hold. */
export function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`';
  return `${fence}${text}${fence}`;
}

/**
 * A table with its columns padded, so that the source reads as well as the page.
 *
 * @param header names of the columns
 * @param rows one array per row, as long as the header
 */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [header, ...rows].map((row) => header.map((_, at) => cell(row[at] ?? '')));
  // Wide columns are not padded: one long sentence would make every other line as long.
  const widths = header.map((_, at) => Math.min(48, Math.max(3, ...lines.map((line) => line[at].length))));
  const text = (line: readonly string[]): string => `| ${line.map((entry, at) => entry.padEnd(widths[at])).join(' | ')} |`;
  return [text(lines[0]), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1).map(text)].join('\n');
}

/** A whole page: note, title, then the blocks with an empty line between them. */
export function page(title: string, blocks: readonly string[]): string {
  return [GENERATED_NOTE, `# ${title}`, ...blocks].join('\n\n') + '\n';
}

/** Digits in groups of three: 1048576 → 1,048,576. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
