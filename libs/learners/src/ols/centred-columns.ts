/** The design and the target of a linear fit, centred on their means and scaled to columns of norm 1. */
import { Fault } from '@salus/fault';
import type { Design } from '../design';
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
/** Rows that are turned into columns at a time. */
const BAND_ROWS = 64;

/**
 * Centres and scales. Solving for centred columns keeps the intercept out of the factorisation, which is what makes a
 * column like a year (large mean, small spread) harmless.
 * @throws Fault NOT_FINITE naming the column when its numbers are too large to be added up
 */
export function centreColumns({ design, target, weights }: TrainingData<'regression'>): CentredColumns {
  const { rows, cols, names } = design;
  const roots = weights?.map(Math.sqrt);
  const columns = columnMajor(design);
  const means = new Float64Array(cols);
  const norms = new Float64Array(cols).fill(1);
  for (let j = 0; j < cols; j++) {
    const column = columns.subarray(j * rows, (j + 1) * rows);
    const rawNorm = norm(column, roots);
    means[j] = centre(column, names[j], { weights, roots });
    const centredNorm = norm(column);
    const isConstant = !(centredNorm > rawNorm * CONSTANT_RATIO);
    if (!isConstant) norms[j] = centredNorm;
    for (let i = 0; i < rows; i++) column[i] = isConstant ? 0 : column[i] / centredNorm;
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
  let largest = Math.abs(corrected);
  for (let i = 0; i < column.length; i++) {
    column[i] = (column[i] - corrected) * (roots ? roots[i] : 1);
    largest = Math.max(largest, Math.abs(column[i]));
  }
  if (!Number.isFinite(largest)) throw new Fault('NOT_FINITE', `column ${name} holds numbers too large to be added up; choose a larger unit`, { column: name });
  return corrected;
}

/** Euclidean norm without overflow or underflow of the squares; with `factors`, of the products with them. */
function norm(values: Float64Array, factors?: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = values[i] < 0 ? -values[i] : values[i];
    if (size > largest) largest = size;
  }
  if (largest === 0) return 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const part = (values[i] / largest) * (factors ? factors[i] : 1);
    squares += part * part;
  }
  return largest * Math.sqrt(squares);
}

/** The values of the design by column; in bands of rows, because reading every row once per column would defeat the cache. */
function columnMajor({ values, rows, cols }: Design): Float64Array {
  const columns = new Float64Array(rows * cols);
  for (let start = 0; start < rows; start += BAND_ROWS) {
    const end = Math.min(rows, start + BAND_ROWS);
    for (let j = 0; j < cols; j++) for (let i = start; i < end; i++) columns[j * rows + i] = values[i * cols + j];
  }
  return columns;
}
