/**
 * Statistics of a number column without its missing values, in float64 with compensated sums (Neumaier 1974), so that
 * the error does not grow with the number of rows. Definitions follow NumPy and scikit-learn 1.2.
 */

/** The values that are not missing, in row order. */
export function presentValues(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value));
}

/** Σ terms(i) for i in 0 … count - 1, compensated. */
export function compensatedSum(count: number, term: (index: number) => number): number {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const value = term(i);
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** Arithmetic mean of at least one value. */
export function meanOf(values: Float64Array): number {
  return compensatedSum(values.length, (i) => values[i]) / values.length;
}

/** Population variance (divided by n) of at least one value, by two passes. */
export function varianceOf(values: Float64Array, mean: number): number {
  return compensatedSum(values.length, (i) => (values[i] - mean) ** 2) / values.length;
}

/** Median of at least one value; of an even number the mean of the two in the middle, as `numpy.median`. */
export function medianOf(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value that occurs most; of several the smallest, as scikit-learn's SimpleImputer. */
export function mostFrequentOf(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  let best = sorted[0];
  let bestCount = 0;
  for (let start = 0; start < sorted.length;) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    if (end - start > bestCount) {
      best = sorted[start];
      bestCount = end - start;
    }
    start = end;
  }
  return best;
}
