/**
 * Rows of a request as a table. Every problem of every row is found before anything is refused, and named by row and
 * field; what was received is told as a type only, because a value is patient data.
 */
import type { Feature } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { tableOf, type Column, type Table } from './table';

/** A value by feature name; null or left out = missing. */
export type Row = Readonly<Record<string, number | string | null>>;

/** One problem of one row (0-based). */
export interface RowIssue {
  readonly row: number;
  readonly field: string;
  readonly expected: string;
  /** A type or a kind of value, never the value. */
  readonly received: string;
}

/** How many problems `details.issues` holds at most. */
export const ISSUE_LIMIT = 100;

/** Longest name of an unknown field that is repeated to the caller, in characters. */
const FIELD_NAME_LIMIT = 64;

/**
 * Rows as a table with a column per feature, in the order of the features.
 *
 * @param features what a row may hold, from the manifest
 * @param rows any number of rows
 * @param requiredFields features that must not be missing although their manifest entry allows it (see {@link requiredByPipeline})
 * @throws Fault INVALID_REQUEST with `details.issues` (the first {@link ISSUE_LIMIT}) and `details.issueCount`
 */
export function tableFromRows(features: readonly Feature[], rows: readonly Row[], requiredFields: ReadonlySet<string> = new Set()): Table {
  const issues = new IssueList();
  const known = new Set(features.map((feature) => feature.name));
  const readable = rows.map((row, at) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      issues.add({ row: at, field: '', expected: 'an object of feature values', received: typeName(row) });
      return undefined;
    }
    for (const field of Object.keys(row)) {
      if (!known.has(field))
        issues.add({ row: at, field: field.slice(0, FIELD_NAME_LIMIT), expected: `one of the features ${listed([...known])}`, received: 'an unknown field' });
    }
    return row;
  });
  const columns = features.map((feature): [string, Column] => {
    const refuseMissing = feature.missing === 'refuse' || requiredFields.has(feature.name);
    return [feature.name, columnFromRows({ ...feature, missing: refuseMissing ? 'refuse' : 'allow' }, readable, issues)];
  });
  issues.throwIfAny();
  return tableOf(columns, rows.length);
}

function columnFromRows(feature: Feature, rows: readonly (Row | undefined)[], issues: IssueList): Column {
  const codes = feature.type === 'category' ? new Map(feature.levels.map((level, code) => [level, code])) : undefined;
  const read = (row: Row | undefined, at: number): number => {
    if (row === undefined) return NaN;
    const value: unknown = Object.hasOwn(row, feature.name) ? row[feature.name] : undefined;
    const expected = problemOf(feature, value);
    if (expected !== undefined) issues.add({ row: at, field: feature.name, expected, received: typeName(value) });
    if (value === null || value === undefined || expected !== undefined) return NaN;
    return codes ? codes.get(value as string)! : (value as number);
  };
  const values = Float64Array.from(rows, read);
  if (feature.type === 'number') return { kind: 'number', values };
  return { kind: 'category', codes: Int32Array.from(values, (code) => (Number.isNaN(code) ? -1 : code)), levels: feature.levels };
}

/** What was expected when the value does not fit the feature, else undefined. */
function problemOf(feature: Feature, value: unknown): string | undefined {
  const expected = describeFeature(feature);
  if (value === null || value === undefined) return feature.missing === 'refuse' ? expected : undefined;
  if (feature.type === 'category') return typeof value === 'string' && feature.levels.includes(value) ? undefined : expected;
  if (typeof value !== 'number' || !Number.isFinite(value)) return expected;
  if (feature.integer && !Number.isInteger(value)) return expected;
  return value < feature.minimum || value > feature.maximum ? expected : undefined;
}

/** What a feature takes, in words: `an integer from 1 to 2 (1)`. */
export function describeFeature(feature: Feature): string {
  const orNull = feature.missing === 'allow' ? ', or null' : '';
  if (feature.type === 'category') return `one of ${listed(feature.levels)}${orNull}`;
  return `${feature.integer ? 'an integer' : 'a number'} from ${feature.minimum} to ${feature.maximum} (${feature.unit})${orNull}`;
}

function listed(names: readonly string[]): string {
  return names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;
}

function typeName(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number that is not finite';
  return typeof value;
}

class IssueList {
  private readonly first: RowIssue[] = [];
  private count = 0;

  /** Keeps the lowest rows; problems arrive by column, so the list is cut only when it is thrown or far too long. */
  add(issue: RowIssue): void {
    this.count++;
    this.first.push(issue);
    if (this.first.length >= 2 * ISSUE_LIMIT) this.cut();
  }

  throwIfAny(): void {
    if (this.count === 0) return;
    this.cut();
    const { row, field, expected, received } = this.first[0];
    const more = this.count > 1 ? ` (and ${this.count - 1} more problems)` : '';
    const at = field === '' ? `row ${row}` : `row ${row}, field ${field}`;
    throw new Fault('INVALID_REQUEST', `${at}: expected ${expected}; received ${received}${more}`, { issues: this.first, issueCount: this.count });
  }

  private cut(): void {
    this.first.sort((a, b) => a.row - b.row);
    this.first.length = Math.min(this.first.length, ISSUE_LIMIT);
  }
}
