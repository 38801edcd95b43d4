/** Judges a regression model on the test split: each metric with its bootstrap interval. */
import type { MetricName } from '@salus/contracts';
import { bootstrapIntervals, type BootstrapOptions, type Interval } from '../bootstrap/bootstrap';
import { REGRESSION_METRICS, checkScores, type RegressionScores } from './metrics';

/** A metric on all rows, with the bounds of its interval at `level`. */
export interface EvaluatedMetric extends Interval {
  readonly name: MetricName;
  readonly value: number;
}

export interface RegressionEvaluation extends RegressionScores, BootstrapOptions {
  readonly metrics: readonly MetricName[];
}

/**
 * Every metric asked for, in that order, with percentile bootstrap intervals over rows (2,000 resamples and level .95
 * unless told otherwise); all metrics are judged on the same resamples.
 * @throws Fault TOO_FEW_ROWS with fewer than 2 rows, SHAPE_MISMATCH, NOT_FINITE naming the row
 */
export function evaluateRegression({ truth, predicted, metrics, ...options }: RegressionEvaluation): EvaluatedMetric[] {
  const scores = { truth, predicted };
  checkScores(scores, 2);
  const everyRow = Int32Array.from(truth, (_, row) => row);
  const functions = metrics.map((name) => (indices: Int32Array) => REGRESSION_METRICS[name](scores, indices));
  const intervals = bootstrapIntervals(functions, truth.length, options);
  return metrics.map((name, at) => ({ name, value: functions[at](everyRow), ...intervals[at] }));
}
