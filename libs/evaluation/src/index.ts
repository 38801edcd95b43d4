export {
  DEFAULT_LEVEL,
  DEFAULT_RESAMPLES,
  bootstrapInterval,
  bootstrapIntervals,
  quantileOf,
  type BootstrapOptions,
  type Interval,
  type MetricOnIndices,
} from './bootstrap/bootstrap';
export { seededRandom, shuffle, xoshiro128, type Random } from './random/random';
export { evaluateRegression, type EvaluatedMetric, type RegressionEvaluation } from './regression/evaluate-regression';
export { REGRESSION_METRICS, regressionMetric, type RegressionMetric, type RegressionScores } from './regression/metrics';
export { foldsOf, type FoldOptions } from './splits/folds';
export { type GroupKeys } from './splits/groups';
export { splitRows, type Split, type SplitOptions } from './splits/split-rows';
