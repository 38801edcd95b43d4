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
  /** Columns that are not declared, the first hundred: their names, or `column 7` where a name must not be repeated. */
  readonly ignoredColumns: readonly string[];
  /** Problems in row 0; empty when the rows can be read. */
  readonly issues: readonly Issue[];
}

/** Most columns a file may have, twice what a manifest may declare. */
const MAX_FIELDS = 20_000;
/** How many names of further columns a report lists. */
const LISTED_NAMES = 100;
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
  if (scanner.problem) return refused(headerIssue(null, 'malformed-line', EXPECTED_OF_PROBLEM[scanner.problem]));
  if (scanner.fieldCount > MAX_FIELDS) return refused(headerIssue(null, 'malformed-line', `at most ${MAX_FIELDS} columns`));
  const names = fieldTexts(scanner, bytes);
  const firstField = new Map<string, number>();
  names.forEach((name, field) => firstField.has(name) || firstField.set(name, field));
  const isDeclared = new Set(declared);
  const isHeader = declared.some((name) => firstField.has(name));
  const tell = (field: number): string => (isDeclared.has(names[field]) || (isHeader && TELLABLE_NAME.test(names[field])) ? names[field] : `column ${field + 1}`);
  const fields = names.map((_, field) => field);
  const ignored = fields.filter((field) => !isDeclared.has(names[field]));
  const repeated = fields.filter((field) => firstField.get(names[field])! < field);
  return {
    fieldCount: names.length,
    positions: declared.map((name) => firstField.get(name) ?? -1),
    ignoredColumns: [...ignored.slice(0, LISTED_NAMES).map(tell), ...(ignored.length > LISTED_NAMES ? [`and ${ignored.length - LISTED_NAMES} more`] : [])],
    issues: [
      ...declared.filter((name) => !firstField.has(name)).map((name) => headerIssue(name, 'missing', `a column with the name ${name} in the first line of the file`)),
      ...repeated.map((field) => headerIssue(tell(field), 'malformed-line', 'each column name once in the first line of the file')),
    ],
  };
}

function refused(issue: Issue): CsvHeader {
  return { fieldCount: 0, positions: [], ignoredColumns: [], issues: [issue] };
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
