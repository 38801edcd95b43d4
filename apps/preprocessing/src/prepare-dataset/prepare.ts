/**
 * Cleans, splits and fits: the pure part of the prepare job. Rows that the manifest drops go first, then the rest is split,
 * then the pipeline is fitted on the training rows alone. The table keeps the columns as they were before the pipeline, so
 * that training, evaluation and serving all go through the one function that applies it.
 */
import type { ModelManifest, PreparedDescriptor } from '@salus/contracts';
import type { WritableTable } from '@salus/datasets';
import { splitRows } from '@salus/evaluation';
import { Fault } from '@salus/fault';
import { columnOf, fitPipeline, isMissing, requiredByPipeline, tableOf, takeRows, type FittedPipeline, type Table } from '@salus/features';

/** Values of the column `split`. */
export const TRAIN = 0;
export const TEST = 1;

/** Cleaned rows, where each belongs, and the pipeline. */
export interface Preparation {
  /** `row` (0-based in the file), `split` (0 train, 1 test), features, target and, when there is one, the patient's pseudonym. */
  readonly table: WritableTable;
  readonly pipeline: FittedPipeline;
  readonly rows: PreparedDescriptor['rows'];
}

/**
 * Prepares a dataset.
 *
 * @param table feature and target columns, `row`, and the patient column when the manifest names one
 * @throws Fault TOO_FEW_ROWS when a side of the split would be empty, INVALID_DATA when a column cannot be learned from or a row
 * names no patient, SHAPE_MISMATCH when a column is absent or of another kind
 */
export function prepare(manifest: ModelManifest, table: Table): Preparation {
  const kept = rowsKept(manifest, table);
  const cleaned = takeRows(table, kept);
  const { train, test } = splitRows(manifest.split, cleaned.rowCount, { seed: manifest.seed, patients: patientsOf(manifest, cleaned) });
  const features = tableOf(manifest.features.map(({ name }) => [name, columnOf(cleaned, name)] as const));
  const pipeline = fitPipeline(manifest.pipeline, takeRows(features, train));
  const split = new Int32Array(cleaned.rowCount).fill(TRAIN);
  for (const row of test) split[row] = TEST;
  const columns: WritableTable['columns'] = {
    row: { kind: 'integer', values: Int32Array.from(rowNumbers(cleaned)) },
    split: { kind: 'integer', values: split },
    ...features.columns,
    [manifest.target.name]: columnOf(cleaned, manifest.target.name),
    ...(manifest.patient === undefined ? {} : { [manifest.patient]: columnOf(cleaned, manifest.patient) }),
  };
  return { table: { rowCount: cleaned.rowCount, columns }, pipeline, rows: { train: train.length, test: test.length, dropped: table.rowCount - kept.length } };
}

/** Rows without a missing value in any column that the pipeline drops rows for. */
function rowsKept(manifest: ModelManifest, table: Table): Int32Array {
  const watched = [...requiredByPipeline(manifest.pipeline)].map((name) => columnOf(table, name));
  return Int32Array.from({ length: table.rowCount }, (_, row) => row).filter((row) => !watched.some((column) => isMissing(column, row)));
}

function rowNumbers(table: Table): Float64Array {
  const column = columnOf(table, 'row');
  if (column.kind !== 'number') throw new Fault('SHAPE_MISMATCH', 'column row is a category; expected numbers', { column: 'row' });
  return column.values;
}

function patientsOf(manifest: ModelManifest, table: Table): Int32Array | undefined {
  if (manifest.patient === undefined) return undefined;
  const column = columnOf(table, manifest.patient);
  if (column.kind === 'category') return column.codes;
  throw new Fault('SHAPE_MISMATCH', `patient column ${manifest.patient} holds numbers; expected pseudonyms`, { column: manifest.patient });
}
