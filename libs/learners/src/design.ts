/** The matrix that learners take, and the checks that each of them would otherwise repeat. */
import { Fault } from '@salus/fault';

/** Rows by columns of numbers; what `designMatrix` of @salus/features gives. `values` is [rows, cols] row-major. */
export interface Design {
  readonly names: readonly string[];
  /** The original feature of each column. */
  readonly features: readonly string[];
  readonly values: Float64Array;
  readonly rows: number;
  readonly cols: number;
}

/**
 * Refuses a design whose parts do not fit each other or that holds a number that is not finite.
 * @throws Fault SHAPE_MISMATCH, or NOT_FINITE naming row and column
 */
export function checkDesign({ names, features, values, rows, cols }: Design): void {
  if (names.length !== cols || features.length !== cols || values.length !== rows * cols) {
    throw new Fault(
      'SHAPE_MISMATCH',
      `the design says ${rows} rows and ${cols} columns, and holds ${values.length} values, ${names.length} names and ${features.length} features`,
      { rows, cols },
    );
  }
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    const [row, column] = [Math.floor(at / cols), names[at % cols]];
    throw new Fault('NOT_FINITE', `row ${row}, column ${column} is not a finite number; impute or drop missing values in the pipeline`, { row, column });
  }
}

/**
 * Refuses a vector that does not go with the rows.
 * @param name what to call it in a message
 * @throws Fault SHAPE_MISMATCH, or NOT_FINITE naming the row
 */
export function checkVector(name: string, values: Float64Array, rows: number): void {
  if (values.length !== rows)
    throw new Fault('SHAPE_MISMATCH', `${name} has ${values.length} values for ${rows} rows`, { argument: name, expected: rows, received: values.length });
  const row = values.findIndex((value) => !Number.isFinite(value));
  if (row >= 0) throw new Fault('NOT_FINITE', `${name} of row ${row} is not a finite number`, { argument: name, row });
}

/** The rows named by `indices`, in that order. */
export function takeDesignRows(design: Design, indices: ArrayLike<number>): Design {
  const { cols } = design;
  const values = new Float64Array(indices.length * cols);
  for (let i = 0; i < indices.length; i++) values.set(design.values.subarray(indices[i] * cols, (indices[i] + 1) * cols), i * cols);
  return { ...design, values, rows: indices.length };
}
