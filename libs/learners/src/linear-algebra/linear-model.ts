/**
 * Prediction and contributions of a model that is linear in its columns. Sums run in column order, so one row alone and the
 * same row in a batch get the same bits.
 */
import type { Design } from '../design';
import type { Explanation } from '../learner';

interface Linear {
  readonly intercept: number;
  /** [cols] */
  readonly coefficients: Float64Array;
}

/** intercept + Σ coefficient · value per row, [rows]. */
export function predictLinear({ intercept, coefficients }: Linear, design: Design): Float64Array {
  const { rows, cols, values } = design;
  const predictions = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = intercept;
    for (let j = 0; j < cols; j++) sum += coefficients[j] * values[i * cols + j];
    predictions[i] = sum;
  }
  return predictions;
}

/**
 * Contributions coefficient · (value - mean) over the mean training prediction, one per original feature: the columns of
 * an encoded feature are added up. For a linear model these are its exact Shapley values when features are independent.
 */
export function explainLinear(model: Linear & { readonly means: Float64Array; readonly base: number }, design: Design): Explanation[] {
  const { rows, cols, values, features } = design;
  const order = [...new Set(features)];
  const slotOf = features.map((feature) => order.indexOf(feature));
  return Array.from({ length: rows }, (_, i) => {
    const sums = new Float64Array(order.length);
    for (let j = 0; j < cols; j++) sums[slotOf[j]] += model.coefficients[j] * (values[i * cols + j] - model.means[j]);
    return { space: 'output', base: model.base, contributions: order.map((feature, slot) => ({ feature, value: sums[slot] })) };
  });
}
