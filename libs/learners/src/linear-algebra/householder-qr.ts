/**
 * Householder QR (Golub & Van Loan, 4th ed., 5.2) of a tall matrix in column-major float64, with a rank test as R's `lm`
 * has it (LINPACK dqrdc2): a column that is all but a combination of the columns kept before it is set aside and that
 * combination is told, so that a person can be told which columns are collinear. Columns should come scaled to norm 1.
 */

/** A column that was set aside: the kept columns that make it up; none when it is 0 itself. */
export interface DependentColumn {
  readonly column: number;
  readonly dependsOn: readonly number[];
}

export interface QrResult {
  /** Indices of the columns that were kept, ascending. */
  readonly kept: Int32Array;
  /** Upper triangular factor of the kept columns, [rank, rank] row-major. */
  readonly r: Float64Array;
  /** Qᵀ · vector, [rows]: its first `rank` values give the solution, the sum of squares of the rest is the residual's. */
  readonly qty: Float64Array;
  readonly dependent: readonly DependentColumn[];
}

interface Tall {
  /** [rows, cols] column-major; overwritten. */
  readonly columns: Float64Array;
  readonly rows: number;
  readonly cols: number;
  /** [rows]; overwritten by Qᵀ · vector. */
  readonly vector: Float64Array;
}

/** How large a coefficient must be, between columns of norm 1, for a column to be named as part of a combination. */
const NAMED_COEFFICIENT = 1e-6;

/**
 * Factorises the columns and applies Qᵀ to the vector, both in place.
 * @param tolerance distance from the span of the kept columns, relative to norm 1, below which a column counts as dependent
 */
export function householderQr({ columns, rows, cols, vector }: Tall, tolerance: number): QrResult {
  const columnAt = (j: number): Float64Array => columns.subarray(j * rows, (j + 1) * rows);
  const kept: number[] = [];
  const diagonal: number[] = [];
  const dependent: DependentColumn[] = [];
  for (let j = 0; j < cols; j++) {
    const rank = kept.length;
    const column = columnAt(j);
    const norm = normFrom(column, rank);
    if (!(norm > tolerance)) {
      const combination = solveUpper(upperFactor(columnAt, kept, diagonal), column.slice(0, rank));
      dependent.push({ column: j, dependsOn: kept.filter((_, k) => Math.abs(combination[k]) > NAMED_COEFFICIENT) });
      continue;
    }
    const alpha = column[rank] > 0 ? -norm : norm;
    column[rank] -= alpha;
    // 2 / vᵀv, with vᵀv = 2 · alpha · (alpha - old pivot)
    const factor = -1 / (alpha * column[rank]);
    for (let later = j + 1; later < cols; later++) reflect(columnAt(later), column, { rank, factor });
    reflect(vector, column, { rank, factor });
    kept.push(j);
    diagonal.push(alpha);
  }
  return { kept: Int32Array.from(kept), r: upperFactor(columnAt, kept, diagonal), qty: vector, dependent };
}

/** target -= factor · (reflectorᵀ target) · reflector, from row `rank` on. */
function reflect(target: Float64Array, reflector: Float64Array, { rank, factor }: { rank: number; factor: number }): void {
  let dot = 0;
  for (let i = rank; i < target.length; i++) dot += reflector[i] * target[i];
  const scaled = dot * factor;
  for (let i = rank; i < target.length; i++) target[i] -= scaled * reflector[i];
}

function normFrom(column: Float64Array, start: number): number {
  let squares = 0;
  for (let i = start; i < column.length; i++) squares += column[i] * column[i];
  return Math.sqrt(squares);
}

/** Above the diagonal R lies in the kept columns themselves; the reflectors took the diagonal's place. */
function upperFactor(columnAt: (j: number) => Float64Array, kept: readonly number[], diagonal: readonly number[]): Float64Array {
  const rank = kept.length;
  const r = new Float64Array(rank * rank);
  for (let k = 0; k < rank; k++) {
    const column = columnAt(kept[k]);
    for (let i = 0; i < k; i++) r[i * rank + k] = column[i];
    r[k * rank + k] = diagonal[k];
  }
  return r;
}

/** Solves R x = b for an upper triangular R, [n, n] row-major. */
export function solveUpper(r: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= r[i * n + k] * x[k];
    x[i] /= r[i * n + i];
  }
  return x;
}

/** Solves Rᵀ x = b for an upper triangular R, [n, n] row-major. */
export function solveUpperTransposed(r: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= r[k * n + i] * x[k];
    x[i] /= r[i * n + i];
  }
  return x;
}
