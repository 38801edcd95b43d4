/** The last step before a learner: transformed columns as one dense matrix of finite numbers. */
import { Fault } from '@salus/fault';
import type { FittedPipeline } from './pipeline';
import { columnOf, type Table } from './table';

/** What a learner takes. `values` is [rows, cols] row-major: the value of row i and column j is `values[i * cols + j]`. */
export interface DesignMatrix {
  /** Names of the columns after the pipeline. */
  readonly names: readonly string[];
  /** The original feature of each column; a one-hot encoded feature owns several. */
  readonly features: readonly string[];
  readonly values: Float64Array;
  readonly rows: number;
  readonly cols: number;
}

/**
 * The design matrix of a transformed table.
 *
 * @param fitted the pipeline that made the table
 * @param table what `applyPipeline` returned
 * @throws Fault INVALID_PARAMETERS for a category that no step encodes, INVALID_DATA for a missing value that no step deals with, NOT_FINITE
 */
export function designMatrix(fitted: FittedPipeline, table: Table): DesignMatrix {
  const names = fitted.outputs.map((output) => output.name);
  const features = fitted.outputs.map((output) => output.feature);
  const cols = names.length;
  const values = new Float64Array(table.rowCount * cols);
  names.forEach((name, j) => {
    const column = columnOf(table, name);
    if (column.kind === 'category') {
      throw new Fault('INVALID_PARAMETERS', `column ${name} is a category and a learner takes numbers; add a one-hot step for it to the pipeline`, {
        column: name,
      });
    }
    for (let i = 0; i < table.rowCount; i++) {
      const value = column.values[i];
      if (!Number.isFinite(value)) throw notUsable(features[j], i, value);
      values[i * cols + j] = value;
    }
  });
  return { names, features, values, rows: table.rowCount, cols };
}

function notUsable(column: string, row: number, value: number): Fault {
  if (Number.isNaN(value)) {
    return new Fault('INVALID_DATA', `row ${row}, column ${column}: a missing value is left after the pipeline; add an impute or a drop-missing step for it`, {
      row,
      column,
    });
  }
  return new Fault('NOT_FINITE', `row ${row}, column ${column}: infinite after the pipeline; check the range of the column`, { row, column });
}
