/**
 * A table as the numeric code sees it: typed arrays by column, so that a batch and a single row (a column of length 1)
 * are the same thing. Missing is NaN in a number column and -1 in a category column; there is no other marker.
 */
import { Fault } from '@salus/fault';

/** Numbers, one per row; NaN = missing. */
export interface NumberColumn {
  readonly kind: 'number';
  readonly values: Float64Array;
}

/** Categories, one per row: `codes[i]` is an index into `levels`, -1 = missing. */
export interface CategoryColumn {
  readonly kind: 'category';
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

export type Column = NumberColumn | CategoryColumn;

/** Columns of equal length by name, in a fixed order. */
export interface Table {
  readonly rowCount: number;
  readonly columns: Readonly<Record<string, Column>>;
}

/** How many rows a column holds. */
export function lengthOf(column: Column): number {
  return column.kind === 'number' ? column.values.length : column.codes.length;
}

/** Whether the value of a row is missing. */
export function isMissing(column: Column, row: number): boolean {
  return column.kind === 'number' ? Number.isNaN(column.values[row]) : column.codes[row] < 0;
}

/**
 * A table from columns in the order given. Names are own keys, so that a column called `__proto__` is a column.
 * @param rowCount needed only when there are no columns
 * @throws Fault SHAPE_MISMATCH when the columns have different lengths
 */
export function tableOf(columns: Iterable<readonly [string, Column]>, rowCount?: number): Table {
  const entries = [...columns];
  const rows = rowCount ?? (entries.length === 0 ? 0 : lengthOf(entries[0][1]));
  for (const [name, column] of entries) {
    if (lengthOf(column) !== rows) {
      throw new Fault('SHAPE_MISMATCH', `column ${name} has ${lengthOf(column)} rows; expected ${rows}`, {
        column: name,
        expected: rows,
        received: lengthOf(column),
      });
    }
  }
  return { rowCount: rows, columns: Object.fromEntries(entries) };
}

/**
 * The column of that name.
 * @throws Fault SHAPE_MISMATCH naming the column when the table has none
 */
export function columnOf(table: Table, name: string): Column {
  if (Object.hasOwn(table.columns, name)) return table.columns[name];
  throw new Fault('SHAPE_MISMATCH', `the table has no column ${name}; it has: ${Object.keys(table.columns).slice(0, 20).join(', ')}`, { column: name });
}

/**
 * The rows named by `indices`, in that order (an index may occur twice).
 * @throws Fault SHAPE_MISMATCH when an index is not a row of the table
 */
export function takeRows(table: Table, indices: ArrayLike<number>): Table {
  for (let i = 0; i < indices.length; i++) {
    if (!Number.isInteger(indices[i]) || indices[i] < 0 || indices[i] >= table.rowCount) {
      throw new Fault('SHAPE_MISMATCH', `row index ${indices[i]} at position ${i} is not a row; expected 0 to ${table.rowCount - 1}`, {
        position: i,
        rows: table.rowCount,
      });
    }
  }
  const taken = Object.entries(table.columns).map(([name, column]): [string, Column] => [name, takeFrom(column, indices)]);
  return tableOf(taken, indices.length);
}

function takeFrom(column: Column, indices: ArrayLike<number>): Column {
  if (column.kind === 'number') return { kind: 'number', values: Float64Array.from(indices, (row) => column.values[row]) };
  return { ...column, codes: Int32Array.from(indices, (row) => column.codes[row]) };
}
