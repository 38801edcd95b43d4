/** The design and the target of a linear fit, centred on their means and scaled to columns of norm 1. */
import { Fault } from '@salus/fault';
import type { TrainingData } from '../learner';

export interface CentredColumns {
  /** [rows, cols] column-major: √weight · (value - mean) / norm. */
  readonly columns: Float64Array;
  /** [rows]: √weight · (target - mean). */
  readonly target: Float64Array;
  /** Weighted means of the columns, [cols]. */
  readonly means: Float64Array;
  /** Norms of the centred columns, [cols]; 1 for a constant column, which then is 0 everywhere. */
  readonly norms: Float64Array;
  readonly targetMean: number;
  /** Sum of the weights; the number of rows without weights. */
  readonly weight: number;
  /** Rows with a weight above 0. */
  readonly rows: number;
}

/** A centred column counts as constant when its norm is below this part of the norm of the column itself. */
const CONSTANT_RATIO = 1e-13;

/**
 * Centres and scales. Solving for centred columns keeps the intercept out of the factorisation, which is what makes a
 * column like a year (large mean, small spread) harmless.
 * @throws Fault NOT_FINITE naming the column when its numbers are too large to be added up
 */
export function centreColumns({ design, target, weights }: TrainingData<'regression'>): CentredColumns {
  const { rows, cols, values, names } = design;
  const roots = weights?.map(Math.sqrt);
  const column = new Float64Array(rows);
  const columns = new Float64Array(rows * cols);
  const means = new Float64Array(cols);
  const norms = new Float64Array(cols).fill(1);
  for (let j = 0; j < cols; j++) {
    for (let i = 0; i < rows; i++) column[i] = values[i * cols + j];
    means[j] = centre(column, names[j], { weights, roots });
    const rawNorm = norm(Float64Array.from(column, (_, i) => values[i * cols + j] * (roots ? roots[i] : 1)));
    const centredNorm = norm(column);
    if (!(centredNorm > rawNorm * CONSTANT_RATIO)) continue;
    norms[j] = centredNorm;
    for (let i = 0; i < rows; i++) columns[j * rows + i] = column[i] / centredNorm;
  }
  const centredTarget = Float64Array.from(target);
  const targetMean = centre(centredTarget, 'target', { weights, roots });
  const weight = weights ? weights.reduce((sum, value) => sum + value, 0) : rows;
  const counted = weights ? weights.reduce((count, value) => count + Number(value > 0), 0) : rows;
  return { columns, target: centredTarget, means, norms, targetMean, weight, rows: counted };
}

/** Subtracts the weighted mean in place, multiplies by the roots of the weights and returns the mean. */
function centre(column: Float64Array, name: string, { weights, roots }: { weights?: Float64Array; roots?: Float64Array }): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < column.length; i++) {
    const weight = weights ? weights[i] : 1;
    sum += weight * column[i];
    total += weight;
  }
  const mean = sum / total;
  // a second pass takes the rounding error of the first one out
  let rest = 0;
  for (let i = 0; i < column.length; i++) rest += (weights ? weights[i] : 1) * (column[i] - mean);
  const corrected = mean + rest / total;
  if (!Number.isFinite(corrected)) throw new Fault('NOT_FINITE', `column ${name} holds numbers too large to be added up; choose a larger unit`, { column: name });
  for (let i = 0; i < column.length; i++) column[i] = (column[i] - corrected) * (roots ? roots[i] : 1);
  return corrected;
}

/** Euclidean norm without overflow or underflow of the squares. */
function norm(values: Float64Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return 0;
  let squares = 0;
  for (const value of values) squares += (value / largest) ** 2;
  return largest * Math.sqrt(squares);
}
