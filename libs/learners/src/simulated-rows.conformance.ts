/** Seeded rows of a linear model with normal errors, for specs and benches. */
import { seededRandom } from '@salus/evaluation';
import type { Design } from './design';
import type { TrainingData } from './learner';

export interface Simulation {
  readonly rows: number;
  readonly cols: number;
  readonly seed: number;
  /** Standard deviation of the errors. */
  readonly noise?: number;
  /** Whether spreads double from column to column (the default) or are all 1. */
  readonly spreads?: 'doubling' | 'equal';
}

/** A design of row-major values, every column its own feature unless told otherwise. */
export function designOf(values: ArrayLike<number>, names: readonly string[], features: readonly string[] = names): Design {
  return { names, features, values: Float64Array.from(values), rows: values.length / names.length, cols: names.length };
}

/** Columns of different mean and spread; target = 3 + Σ (j + 1) · column j / spread j + error. */
export function simulateRows({ rows, cols, seed, noise = 1, spreads = 'doubling' }: Simulation): TrainingData {
  const random = seededRandom(seed, 'simulation');
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const values = new Float64Array(rows * cols);
  const target = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    target[i] = 3 + noise * normal();
    for (let j = 0; j < cols; j++) {
      const standard = normal();
      values[i * cols + j] = 10 * j + standard * (spreads === 'equal' ? 1 : 2 ** j);
      target[i] += (j + 1) * standard;
    }
  }
  return {
    design: designOf(
      values,
      Array.from({ length: cols }, (_, j) => `x${j}`),
    ),
    target,
  };
}
