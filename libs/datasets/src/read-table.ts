/**
 * Reads columns of a Parquet file into typed arrays, chunk by chunk, without an object per value. NULL becomes NaN or -1 in DuckDB
 * already, so that the vectors carry no validity mask.
 */
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { tableOf, type Column, type Table } from '@salus/features';
import { Fault } from '@salus/fault';
import { expectFile, type Engine } from './engine';
import { sqlName, sqlText } from './sql';
import { doubleItems, integerItems } from './vector-items';

/** A column to read: a feature of a manifest is one. `text` gives its distinct values as levels, in the order they first appear. */
export type ColumnSpec =
  | { readonly name: string; readonly type: 'number' }
  | { readonly name: string; readonly type: 'category'; readonly levels: readonly string[] }
  | { readonly name: string; readonly type: 'text' };

export interface ReadOptions {
  readonly columns: readonly ColumnSpec[];
  /** Only rows in which the column has this value, such as `{ column: 'split', equals: 0 }`. */
  readonly where?: { readonly column: string; readonly equals: number | string };
}

/** Takes one column chunk by chunk; `done` gives the column. */
interface ColumnSink {
  /** Takes column `at` of a chunk whose first row is `row`. */
  put(chunk: DuckDBDataChunk, at: number, row: number): void;
  done(): Column;
}

/**
 * Reads a table, rows in the order of the file. Whole numbers (row, split) come as numbers.
 *
 * @throws Fault NOT_FOUND without a file; INVALID_DATA when the file is no Parquet, a column is not there, or a value is not of its
 *   type or levels
 */
export async function readTable(engine: Engine, parquetPath: string, options: ReadOptions): Promise<Table> {
  await expectFile(parquetPath, 'the table');
  return engine.use('reading the table', async (connection) => {
    const source = `read_parquet(${sqlText(parquetPath)})${whereClause(options.where)}`;
    const rows = await countRows(connection, source);
    const sinks = options.columns.map((column) => sinkOf(column, rows));
    const filled = await fill(connection, `SELECT ${options.columns.map(selected).join(', ') || '1'} FROM ${source}`, sinks);
    if (filled !== rows) throw new Fault('INTERNAL', `the table changed while it was read: ${rows} rows counted, ${filled} read`);
    return tableOf(options.columns.map(({ name }, at): [string, Column] => [name, sinks[at].done()]), rows);
  });
}

/**
 * How many rows a Parquet file holds, from its footer.
 *
 * @throws Fault NOT_FOUND without a file, INVALID_DATA when it is no Parquet
 */
export async function rowCount(engine: Engine, parquetPath: string): Promise<number> {
  await expectFile(parquetPath, 'the table');
  return engine.use('counting the rows', (connection) => countRows(connection, `read_parquet(${sqlText(parquetPath)})`));
}

async function countRows(connection: DuckDBConnection, source: string): Promise<number> {
  const counted = await connection.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${source}`);
  return Number(counted.getRows()[0][0]);
}

async function fill(connection: DuckDBConnection, query: string, sinks: readonly ColumnSink[]): Promise<number> {
  const result = await connection.stream(query);
  let row = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (let at = 0; at < sinks.length; at++) sinks[at].put(chunk, at, row);
    row += chunk.rowCount;
  }
  return row;
}

function selected(column: ColumnSpec): string {
  const name = sqlName(column.name);
  if (column.type === 'number') return `coalesce(${name}::DOUBLE, 'NaN'::DOUBLE)`;
  if (column.type === 'text') return `${name}::VARCHAR`;
  return `coalesce(enum_code(${name}::ENUM(${column.levels.map(sqlText).join(', ')}))::INTEGER, -1)`;
}

function whereClause(where: ReadOptions['where']): string {
  if (!where) return '';
  const value = typeof where.equals === 'string' ? sqlText(where.equals) : numberLiteral(where.equals);
  return ` WHERE ${sqlName(where.column)} = ${value}`;
}

function numberLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new Fault('NOT_FINITE', `where.equals: expected a finite number, received ${value}`);
  return `${value}::DOUBLE`;
}

function sinkOf(column: ColumnSpec, rows: number): ColumnSink {
  if (column.type === 'number') return numberSink(rows);
  return column.type === 'category' ? categorySink(rows, column.levels) : textSink(rows);
}

function numberSink(rows: number): ColumnSink {
  const values = new Float64Array(rows);
  return { put: (chunk, at, row) => values.set(doubleItems(chunk, at), row), done: () => ({ kind: 'number', values }) };
}

function categorySink(rows: number, levels: readonly string[]): ColumnSink {
  const codes = new Int32Array(rows);
  return { put: (chunk, at, row) => codes.set(integerItems(chunk, at), row), done: () => ({ kind: 'category', codes, levels }) };
}

function textSink(rows: number): ColumnSink {
  const codes = new Int32Array(rows);
  const codeOf = new Map<string, number>();
  const code = (value: unknown): number => {
    if (typeof value !== 'string') return -1;
    const known = codeOf.get(value);
    if (known === undefined) codeOf.set(value, codeOf.size);
    return known ?? codeOf.size - 1;
  };
  const put = (chunk: DuckDBDataChunk, at: number, row: number): void => {
    const vector = chunk.getColumnVector(at);
    for (let slot = 0; slot < chunk.rowCount; slot++) codes[row + slot] = code(vector.getItem(slot));
  };
  return { put, done: () => ({ kind: 'category', codes, levels: [...codeOf.keys()] }) };
}
