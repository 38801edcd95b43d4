/**
 * Percentile bootstrap (Efron & Tibshirani 1993, chapter 13): the metric is computed on resamples of the rows, drawn with
 * replacement, and the interval runs between two quantiles of the results. It is simple and honest for means; it is a
 * little narrow below about 50 rows and does not correct a biased metric. Cost: resamples · rows.
 */
import { Fault } from '@salus/fault';
import { seededRandom } from '../random/random';

/** Computes a metric over the rows named by `indices` (an index may occur twice). */
export type MetricOnIndices = (indices: Int32Array) => number;

export interface BootstrapOptions {
  /** Integer 0 … 2^32 - 1. */
  readonly seed: number;
  /** How many resamples, 100 … 1,000,000. */
  readonly resamples?: number;
  /** Probability that the interval is to hold, between 0 and 1. */
  readonly level?: number;
}

export interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
}

export const DEFAULT_RESAMPLES = 2_000;
export const DEFAULT_LEVEL = 0.95;

/** The interval of one metric over `rowCount` rows; see {@link bootstrapIntervals}. */
export function bootstrapInterval(metric: MetricOnIndices, rowCount: number, options: BootstrapOptions): Interval {
  return bootstrapIntervals([metric], rowCount, options)[0];
}

/**
 * The intervals of several metrics over the same resamples.
 * @throws Fault TOO_FEW_ROWS with fewer than 2 rows, INVALID_PARAMETERS, NOT_FINITE when a metric gives no finite number on a resample
 */
export function bootstrapIntervals(metrics: readonly MetricOnIndices[], rowCount: number, options: BootstrapOptions): Interval[] {
  const { seed, resamples = DEFAULT_RESAMPLES, level = DEFAULT_LEVEL } = options;
  if (rowCount < 2) throw new Fault('TOO_FEW_ROWS', `a bootstrap needs at least 2 rows; received ${rowCount}`, { expected: 2, received: rowCount });
  if (!Number.isInteger(resamples) || resamples < 100 || resamples > 1_000_000) throw outOfRange('resamples', resamples, 'an integer from 100 to 1000000');
  if (!(level > 0 && level < 1)) throw outOfRange('level', level, 'a number between 0 and 1');
  const random = seededRandom(seed, 'bootstrap');
  const indices = new Int32Array(rowCount);
  const values = metrics.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < rowCount; i++) indices[i] = random.below(rowCount);
    metrics.forEach((metric, m) => {
      const value = metric(indices);
      if (!Number.isFinite(value)) throw new Fault('NOT_FINITE', `metric ${m} gives no finite number on resample ${resample}`, { metric: m, resample });
      values[m][resample] = value;
    });
  }
  return values.map((sample) => {
    sample.sort();
    return { lower: quantileOf(sample, (1 - level) / 2), upper: quantileOf(sample, (1 + level) / 2), level };
  });
}

/** Quantile of ascending values by linear interpolation (`numpy.quantile`'s default, Hyndman & Fan type 7). */
export function quantileOf(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

function outOfRange(parameter: string, received: number, expected: string): Fault {
  return new Fault('INVALID_PARAMETERS', `${parameter} is ${received}; expected ${expected}`, { parameter, expected, received });
}
