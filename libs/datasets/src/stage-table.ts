/**
 * A table under construction in the engine: batches of typed arrays go in, a Parquet file comes out. Rows live in a temporary
 * table, which DuckDB spills to the temporary folder when memory runs short. Missing numbers travel as NaN and missing categories
 * as -1, since DuckDB's validity masks are slow to write from JavaScript; they become NULL in the file.
 */
import { DOUBLE, DuckDBDataChunk, INTEGER, VARCHAR, type DuckDBAppender, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api';
import { Fault } from '@salus/fault';
import { sqlName, sqlText } from './sql';
import { doubleItems, integerItems } from './vector-items';

/** Rows of one batch: the size of DuckDB's vectors. */
export const BATCH_ROWS = 2_048;

/** One column of a table to be written; the arrays hold one entry per row. */
export type StageColumn =
  | { readonly name: string; readonly kind: 'number'; readonly values: Float64Array }
  | { readonly name: string; readonly kind: 'category'; readonly codes: Int32Array; readonly levels: readonly string[] }
  | { readonly name: string; readonly kind: 'integer'; readonly values: Int32Array }
  | { readonly name: string; readonly kind: 'text'; readonly texts: readonly string[] };

const TYPE_OF_KIND: Readonly<Record<StageColumn['kind'], DuckDBType>> = { number: DOUBLE, category: INTEGER, integer: INTEGER, text: VARCHAR };

/** The temporary table `stage` of one connection. */
export class StageTable {
  /** Whether a number column holds −0, which a dictionary of a Parquet file would turn into 0. */
  holdsNegativeZero = false;
  private appender: DuckDBAppender;
  private readonly types: readonly DuckDBType[];

  private constructor(private readonly connection: DuckDBConnection, readonly columns: readonly StageColumn[]) {
    this.types = columns.map((column) => TYPE_OF_KIND[column.kind]);
  }

  /** @throws Fault INVALID_MANIFEST when two columns differ at most in case, or a category has a level twice */
  static async create(connection: DuckDBConnection, columns: readonly StageColumn[]): Promise<StageTable> {
    columns.forEach(refuseRepeatedLevels);
    refuseRepeatedNames(columns.map((column) => column.name));
    const stage = new StageTable(connection, columns);
    await connection.run(`CREATE TEMP TABLE stage (${columns.map((column, at) => `${sqlName(column.name)} ${stage.types[at].toString()}`).join(', ')})`);
    stage.appender = await connection.createAppender('stage');
    return stage;
  }

  /** Adds the rows `[from, from + count)` of the columns' arrays, at most {@link BATCH_ROWS}. */
  append(from: number, count: number): void {
    if (count === 0) return;
    const chunk = DuckDBDataChunk.create(this.types, count);
    this.columns.forEach((column, at) => this.fill({ chunk, at, column }, from, count));
    this.appender.appendDataChunk(chunk);
  }

  /** Ends the adding of rows. */
  close(): void {
    this.appender.closeSync();
  }

  /** The select list that turns the stage into what the file holds. */
  get selectList(): string {
    return this.columns.map((column) => `${fileValue(column)} AS ${sqlName(column.name)}`).join(', ');
  }

  private fill({ chunk, at, column }: { chunk: DuckDBDataChunk; at: number; column: StageColumn }, from: number, count: number): void {
    const vector = chunk.getColumnVector(at);
    if (column.kind === 'text') for (let slot = 0; slot < count; slot++) vector.setItem(slot, column.texts[from + slot]);
    else if (column.kind === 'number') {
      doubleItems(chunk, at).set(column.values.subarray(from, from + count));
      this.holdsNegativeZero ||= hasNegativeZero(column.values, from, count);
    } else integerItems(chunk, at).set((column.kind === 'category' ? column.codes : column.values).subarray(from, from + count));
    vector.flush();
  }
}

function hasNegativeZero(values: Float64Array, from: number, count: number): boolean {
  for (let row = from; row < from + count; row++) if (Object.is(values[row], -0)) return true;
  return false;
}

function fileValue(column: StageColumn): string {
  const name = sqlName(column.name);
  if (column.kind === 'number') return `CASE WHEN isnan(${name}) THEN NULL ELSE ${name} END`;
  if (column.kind === 'category') return `list_extract([${column.levels.map(sqlText).join(', ')}]::VARCHAR[], ${name} + 1)`;
  return name;
}

function refuseRepeatedLevels(column: StageColumn): void {
  if (column.kind !== 'category' || new Set(column.levels).size === column.levels.length) return;
  throw new Fault('INVALID_MANIFEST', `the category ${column.name} has a level twice; expected each level once`, { column: column.name });
}

/** DuckDB's names do not tell upper from lower case. */
function refuseRepeatedNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name.toLowerCase())) throw new Fault('INVALID_MANIFEST', `the column ${name} is there twice (upper and lower case are the same here)`, { column: name });
    seen.add(name.toLowerCase());
  }
}
