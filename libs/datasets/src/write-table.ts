/** Writes typed-array columns as Parquet. */
import type { CategoryColumn, NumberColumn } from '@salus/features';
import { Fault } from '@salus/fault';
import type { Engine } from './engine';
import { writeParquet } from './parquet-file';
import { BATCH_ROWS, StageTable, type StageColumn } from './stage-table';

/** Whole numbers of 32 bits, one per row, none missing: row numbers, the split. */
export interface IntegerColumn {
  readonly kind: 'integer';
  readonly values: Int32Array;
}

/** A table of features, or one with columns of whole numbers beside them. */
export interface WritableTable {
  readonly rowCount: number;
  readonly columns: Readonly<Record<string, NumberColumn | CategoryColumn | IntegerColumn>>;
}

/**
 * Writes a table as zstd Parquet, columns and rows in the order given. Doubles come back bit for bit, −0 and subnormal numbers
 * included; NaN and code -1 become NULL. The same table gives the same bytes on any number of threads.
 *
 * @throws Fault SHAPE_MISMATCH when there is no column or one has not `rowCount` entries; INVALID_DATA when a code is not a level
 */
export async function writeTable(engine: Engine, table: WritableTable, outputPath: string): Promise<void> {
  const columns = Object.entries(table.columns).map(([name, column]): StageColumn => ({ ...column, name }));
  if (columns.length === 0) throw new Fault('SHAPE_MISMATCH', 'the table has no column; expected one or more');
  columns.forEach((column) => refuseUnfit(column, table.rowCount));
  await engine.use('writing the table', async (connection) => {
    const stage = await StageTable.create(connection, columns);
    for (let from = 0; from < table.rowCount; from += BATCH_ROWS) stage.append(from, Math.min(BATCH_ROWS, table.rowCount - from));
    stage.close();
    await writeParquet(connection, `SELECT ${stage.selectList} FROM stage`, { outputPath, holdsNegativeZero: stage.holdsNegativeZero });
  });
}

function refuseUnfit(column: StageColumn, rowCount: number): void {
  if (column.kind === 'text') return;
  const values = column.kind === 'category' ? column.codes : column.values;
  if (values.length !== rowCount) throw new Fault('SHAPE_MISMATCH', `column ${column.name}: expected ${rowCount} entries, received ${values.length}`, { column: column.name });
  if (column.kind !== 'category') return;
  const unfit = column.codes.findIndex((code) => code < -1 || code >= column.levels.length);
  if (unfit >= 0) throw new Fault('INVALID_DATA', `column ${column.name}, row ${unfit}: the code is not the index of a level`, { column: column.name });
}
