/**
 * How far predictions are from the truth. Definitions are those of scikit-learn's `metrics` module; sums run in row order
 * in float64. R² of a constant truth is 1 when every prediction is exact and 0 otherwise (scikit-learn, `force_finite`).
 */
import type { MetricName } from '@salus/contracts';
import { Fault } from '@salus/fault';

/** Truth and prediction of the same rows, in the target's unit. */
export interface RegressionScores {
  /** [rows] */
  readonly truth: Float64Array;
  /** [rows] */
  readonly predicted: Float64Array;
}

/** Computes a metric over the rows named by `indices` (an index may occur twice). */
export type RegressionMetric = (scores: RegressionScores, indices: ArrayLike<number>) => number;

function meanOver(indices: ArrayLike<number>, term: (row: number) => number): number {
  let sum = 0;
  for (let i = 0; i < indices.length; i++) sum += term(indices[i]);
  return sum / indices.length;
}

const mse: RegressionMetric = ({ truth, predicted }, indices) => meanOver(indices, (row) => (truth[row] - predicted[row]) ** 2);

/** R² = 1 - Σ(truth - predicted)² / Σ(truth - mean truth)². */
const r2: RegressionMetric = ({ truth, predicted }, indices) => {
  const mean = meanOver(indices, (row) => truth[row]);
  const total = meanOver(indices, (row) => (truth[row] - mean) ** 2);
  const residual = meanOver(indices, (row) => (truth[row] - predicted[row]) ** 2);
  if (total === 0 || isConstant(truth, indices)) return residual === 0 ? 1 : 0;
  return 1 - residual / total;
};

/** Equality, because the mean of equal values need not equal them to the last bit. */
function isConstant(values: Float64Array, indices: ArrayLike<number>): boolean {
  for (let i = 1; i < indices.length; i++) if (values[indices[i]] !== values[indices[0]]) return false;
  return true;
}

/** Every regression metric by its name in the manifest. */
export const REGRESSION_METRICS: Readonly<Record<MetricName, RegressionMetric>> = {
  /** Mean squared error, unit squared. */
  mse,
  /** Root of the mean squared error, in the target's unit. */
  rmse: (scores, indices) => Math.sqrt(mse(scores, indices)),
  /** Mean absolute error, in the target's unit. */
  mae: ({ truth, predicted }, indices) => meanOver(indices, (row) => Math.abs(truth[row] - predicted[row])),
  r2,
};

/**
 * One metric over all rows.
 * @throws Fault SHAPE_MISMATCH, TOO_FEW_ROWS (R² needs 2 rows, the others 1), NOT_FINITE naming the row
 */
export function regressionMetric(name: MetricName, scores: RegressionScores): number {
  checkScores(scores, name === 'r2' ? 2 : 1);
  return REGRESSION_METRICS[name](
    scores,
    Int32Array.from(scores.truth, (_, row) => row),
  );
}

/** Refuses scores that cannot be judged. */
export function checkScores({ truth, predicted }: RegressionScores, leastRows: number): void {
  if (truth.length !== predicted.length) {
    throw new Fault('SHAPE_MISMATCH', `${predicted.length} predictions for ${truth.length} true values`, {
      expected: truth.length,
      received: predicted.length,
    });
  }
  if (truth.length < leastRows)
    throw new Fault('TOO_FEW_ROWS', `${truth.length} rows to evaluate; expected at least ${leastRows}`, { expected: leastRows, received: truth.length });
  for (const [name, values] of Object.entries({ truth, predicted })) {
    const row = values.findIndex((value) => !Number.isFinite(value));
    if (row >= 0) throw new Fault('NOT_FINITE', `${name} of row ${row} is not a finite number`, { argument: name, row });
  }
}
