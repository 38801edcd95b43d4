/**
 * The rank-th smallest of the sums shift[k] + residual over all residuals of all folds k, in two ways that give the same
 * bits: quickselect over all sums, good when every row is its own fold; and, when folds are few and their residuals
 * sorted, bisection of the value with a count per fold, which looks at folds · log(rows) numbers instead of all rows.
 */

/** Residuals ≥ 0, ascending within each fold; fold k holds `residuals[starts[k]]` to `residuals[starts[k + 1] - 1]`. */
export interface FoldResiduals {
  /** [rows] */
  readonly residuals: Float64Array;
  /** [folds + 1] */
  readonly starts: Int32Array;
}

/** The rank-th smallest sum (1-based, 1 … rows). `shifts` is [folds]. */
export function orderStatistic(folds: FoldResiduals, shifts: Float64Array, rank: number): number {
  return shifts.length === folds.residuals.length ? bySelection(folds, shifts, rank) : byBisection(folds, shifts, rank);
}

/** Over a copy of all sums. */
export function bySelection({ residuals, starts }: FoldResiduals, shifts: Float64Array, rank: number): number {
  const sums = new Float64Array(residuals.length);
  for (let k = 0; k < shifts.length; k++) for (let i = starts[k]; i < starts[k + 1]; i++) sums[i] = shifts[k] + residuals[i];
  return quickselect(sums, rank - 1);
}

/** The smallest number that at least `rank` sums do not exceed; halving ends at neighbouring floats, so it is exact. */
export function byBisection(folds: FoldResiduals, shifts: Float64Array, rank: number): number {
  const { residuals, starts } = folds;
  let low = Infinity;
  let high = -Infinity;
  for (let k = 0; k < shifts.length; k++) {
    low = Math.min(low, shifts[k] + residuals[starts[k]]);
    high = Math.max(high, shifts[k] + residuals[starts[k + 1] - 1]);
  }
  if (countUpTo(folds, shifts, low) >= rank) return low;
  // invariant: fewer than rank sums are ≤ low, at least rank are ≤ high
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (countUpTo(folds, shifts, middle) >= rank) high = middle;
    else low = middle;
  }
}

/** How many sums are at most `value`. */
function countUpTo({ residuals, starts }: FoldResiduals, shifts: Float64Array, value: number): number {
  let count = 0;
  for (let k = 0; k < shifts.length; k++) {
    let from = starts[k];
    let to = starts[k + 1];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (shifts[k] + residuals[middle] <= value) from = middle + 1;
      else to = middle;
    }
    count += from - starts[k];
  }
  return count;
}

/** The value that would stand at `position` (0-based) in ascending order; reorders the values (Hoare 1961, median of three). */
export function quickselect(values: Float64Array, position: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = medianOfThree(values[left], values[(left + right) >> 1], values[right]);
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const held = values[i];
      values[i++] = values[j];
      values[j--] = held;
    }
    if (position <= j) right = j;
    else if (position >= i) left = i;
    else break;
  }
  return values[position];
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
