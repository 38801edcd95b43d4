/**
 * The header line of a CSV file: which delimiter it uses and where the declared columns stand. The delimiter is the one of comma,
 * semicolon and tab under which most declared names are found. Names of further columns are reported only when the header is
 * plainly a header and the name looks like one: in a file without a header they would be values of the first patient.
 */
import { CsvScanner, EXPECTED_OF_PROBLEM } from './csv-scanner';
import type { Issue } from './issue-list';

export const DELIMITERS = [',', ';', '\t'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** A header as it was understood. */
export interface CsvHeader {
  /** Fields that every line must have. */
  readonly fieldCount: number;
  /** Field of each declared column, in the order declared; -1 when there is none. */
  readonly positions: readonly number[];
  /** Columns that are not declared: their names, or `column 7` where a name must not be repeated. */
  readonly ignoredColumns: readonly string[];
  /** Problems in row 0; empty when the rows can be read. */
  readonly issues: readonly Issue[];
}

const TELLABLE_NAME = /^[A-Za-z_][A-Za-z0-9_ .()/%-]{0,63}$/;

/** The delimiter under which the first line holds most of the declared names; a comma when none is better. */
export function sniffDelimiter(start: Buffer, declared: readonly string[]): Delimiter {
  const found = DELIMITERS.map((delimiter) => {
    const scanner = new CsvScanner(delimiter.charCodeAt(0));
    scanner.load(start, start.length, true);
    scanner.scan(0);
    const names = new Set(fieldTexts(scanner, start));
    return declared.filter((name) => names.has(name)).length;
  });
  return DELIMITERS[found.indexOf(Math.max(...found))];
}

/** Understands the header that the scanner has just read. */
export function readHeader(scanner: CsvScanner, bytes: Buffer, declared: readonly string[]): CsvHeader {
  if (scanner.problem) return { fieldCount: 0, positions: [], ignoredColumns: [], issues: [headerIssue(null, 'malformed-line', EXPECTED_OF_PROBLEM[scanner.problem])] };
  const names = fieldTexts(scanner, bytes);
  const positions = declared.map((name) => names.indexOf(name));
  const isHeader = positions.some((position) => position >= 0);
  const isDeclared = new Set(declared);
  const tell = (name: string, at: number): string => (isHeader && TELLABLE_NAME.test(name) ? name : `column ${at + 1}`);
  const ignoredColumns = names.map((name, at) => (isDeclared.has(name) ? undefined : tell(name, at))).filter((name) => name !== undefined);
  const missing = declared.filter((_, at) => positions[at] < 0);
  const repeated = names.map((name, at) => (names.indexOf(name) < at ? (isDeclared.has(name) ? name : tell(name, at)) : undefined)).filter((name) => name !== undefined);
  return {
    fieldCount: names.length,
    positions,
    ignoredColumns,
    issues: [
      ...missing.map((name) => headerIssue(name, 'missing', `a column with the name ${name} in the first line of the file`)),
      ...[...new Set(repeated)].map((name) => headerIssue(name, 'malformed-line', 'each column name once in the first line of the file')),
    ],
  };
}

/** The issue of a file that ends before its header. */
export function noHeader(): Issue {
  return headerIssue(null, 'malformed-line', 'a first line with the names of the columns; the file is empty');
}

function headerIssue(column: string | null, kind: Issue['kind'], expected: string): Issue {
  return { row: 0, column, kind, expected };
}

function fieldTexts(scanner: CsvScanner, bytes: Buffer): string[] {
  return Array.from({ length: scanner.fieldCount }, (_, field) => {
    const text = bytes.toString('utf8', scanner.starts[field], scanner.ends[field]);
    return (scanner.escaped[field] ? text.replaceAll('""', '"') : text).trim();
  });
}
