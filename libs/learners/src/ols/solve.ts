/**
 * Least squares by Householder QR of the centred and scaled design (Golub & Van Loan, 5.3). The condition of the problem
 * enters once, not squared as with normal equations.
 */
import { Fault } from '@salus/fault';
import { householderQr, solveUpper, type DependentColumn } from '../linear-algebra/householder-qr';
import { reduceTall } from '../linear-algebra/tall-qr';
import type { TrainingData } from '../learner';
import { centreColumns } from './centred-columns';

/** A solved least-squares problem; letters: p = cols, k = rank. */
export interface Solution {
  readonly intercept: number;
  /** [p]; 0 for a column that was dropped. */
  readonly coefficients: Float64Array;
  /** Weighted column means, [p]. */
  readonly means: Float64Array;
  /** Norms of the centred columns, [p]. */
  readonly norms: Float64Array;
  /** Columns with a coefficient of their own, [k]. */
  readonly kept: Int32Array;
  /** R of the kept, centred and scaled columns, [k, k] row-major. */
  readonly r: Float64Array;
  readonly targetMean: number;
  /** Sum of the weights. */
  readonly weight: number;
  /** Rows with a weight above 0. */
  readonly rows: number;
  /** Weighted Σ(target - prediction)² and Σ(target - mean)². */
  readonly residualSumOfSquares: number;
  readonly totalSumOfSquares: number;
}

export interface SolveOptions {
  readonly rankTolerance: number;
  /** What to do with a column that others make up. */
  readonly collinear: 'refuse' | 'drop';
}

/**
 * Solves min Σ weight · (target - intercept - design · coefficients)².
 * @throws Fault COLLINEAR naming each dependent column and those that make it up, unless they are to be dropped
 */
export function solveLeastSquares(data: TrainingData<'regression'>, { rankTolerance, collinear }: SolveOptions): Solution {
  const { columns, target, means, norms, targetMean, weight, rows } = centreColumns(data);
  const { rows: designRows, cols, names } = data.design;
  const totalSumOfSquares = sumOfSquares(target, 0);
  const reduced = reduceTall({ columns, rows: designRows, cols, vector: target });
  const { kept, r, qty, dependent } = householderQr({ ...reduced, rows: cols + 1, cols }, rankTolerance);
  if (dependent.length > 0 && collinear === 'refuse') throw collinearFault(dependent, names);
  const scaled = solveUpper(r, qty.slice(0, kept.length));
  const coefficients = new Float64Array(cols);
  kept.forEach((column, k) => (coefficients[column] = scaled[k] / norms[column]));
  let intercept = targetMean;
  for (let j = 0; j < cols; j++) intercept -= coefficients[j] * means[j];
  const residualSumOfSquares = sumOfSquares(qty, kept.length);
  return { intercept, coefficients, means, norms, kept, r, targetMean, weight, rows, residualSumOfSquares, totalSumOfSquares };
}

function sumOfSquares(values: Float64Array, start: number): number {
  let sum = 0;
  for (let i = start; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}

function collinearFault(dependent: readonly DependentColumn[], names: readonly string[]): Fault {
  const columns = dependent.map(({ column, dependsOn }) => ({ column: names[column], dependsOn: dependsOn.map((at) => names[at]) }));
  const told = columns
    .slice(0, 5)
    .map(({ column, dependsOn }) =>
      dependsOn.length === 0 ? `${column} is constant in the training rows` : `${column} is a linear combination of ${dependsOn.join(', ')}`,
    );
  const more = columns.length > 5 ? ` and ${columns.length - 5} more` : '';
  const advice = 'take a column of each combination out of the features, encode categories with drop: first, or set the parameter collinear to drop';
  return new Fault('COLLINEAR', `collinear columns: ${told.join('; ')}${more}; ${advice}`, { columns });
}
