/**
 * Prediction intervals from errors on rows that a model had not seen: jackknife+ (every row its own fold) and CV+ (a few
 * folds), Barber, Candès, Ramdas & Tibshirani, "Predictive inference with the jackknife+", Annals of Statistics 2021.
 * With μ₋ₖ the model without fold k and Rᵢ = |yᵢ - μ₋ₖ₍ᵢ₎(xᵢ)|, the interval of x at level 1 - α runs from the ⌊α(n+1)⌋-th
 * smallest μ₋ₖ₍ᵢ₎(x) - Rᵢ to the ⌈(1-α)(n+1)⌉-th smallest μ₋ₖ₍ᵢ₎(x) + Rᵢ. For exchangeable rows coverage is at least 1 - 2α
 * whatever the truth, and about 1 - α in practice. Only training rows are used.
 * Limits: for models that are linear in the design columns. Rows of one patient are not exchangeable with those of
 * another, so folds must then keep patients together, and the guarantee is one over patients.
 */
import { Fault } from '@salus/fault';
import { takeDesignRows, type Design } from '../design';
import { fitLearner, requireSameColumns, throwIfAborted } from '../learn';
import type { FitOptions, FittedModel, LinearModels, TrainingData } from '../learner';
import { predictLinear } from '../linear-algebra/linear-model';
import { learnerOf } from '../registry';
import { orderStatistic, type FoldResiduals } from './order-statistic';

/** The models of the folds and the errors they made on the rows they had not seen. n = rows, k = folds, p = columns. */
export interface CrossConformal extends FoldResiduals {
  readonly method: 'jackknife+' | 'cv+';
  /** Intercepts [k] and coefficients [k, p] of the fold models. */
  readonly models: LinearModels;
}

/** An interval in the target's unit. null: at this level so few rows give no finite bound. */
export interface PredictionInterval {
  readonly level: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface CrossConformalOptions extends FitOptions {
  /** Assigns each row to one of at most so many folds, 0-based and none empty; asked only when folds are needed. */
  readonly assignFolds: (folds: number) => Int32Array;
  /** Whether every row is a case of its own (jackknife+ is then possible); false when patients have several rows. */
  readonly independentRows: boolean;
}

/** Up to so many rows every row is its own fold. */
export const LEAVE_ONE_OUT_ROWS = 5_000;
/** Folds above that. */
export const FOLDS = 20;

/**
 * Calibrates intervals for a fitted model within its training rows.
 *
 * @param fitted the model
 * @param data the rows it was fitted on, with the same weights
 * @param options parameters and seed of the fit
 * @throws Fault INVALID_PARAMETERS when the learner is not linear in its columns or the folds do not fit the rows
 */
export async function crossConformal(fitted: FittedModel, data: TrainingData, options: CrossConformalOptions): Promise<CrossConformal> {
  requireSameColumns(fitted, data.design);
  const { linear } = learnerOf(fitted.algorithm);
  if (!linear) throw new Fault('INVALID_PARAMETERS', `intervals by CV+ need a linear learner; ${fitted.algorithm} is not one`, { parameter: 'algorithm' });
  const { rows } = data.design;
  if (options.independentRows && rows <= LEAVE_ONE_OUT_ROWS && linear.leaveOneOut) {
    const everyRow = Int32Array.from({ length: rows }, (_, row) => row);
    return withResiduals('jackknife+', linear.leaveOneOut(fitted, data), { data, foldOf: everyRow });
  }
  const foldOf = options.assignFolds(FOLDS);
  const folds = countFolds(foldOf, rows);
  const models = await fitFolds(fitted, data, { ...options, foldOf, folds });
  return withResiduals(folds === rows ? 'jackknife+' : 'cv+', models, { data, foldOf });
}

/** How many folds there are. Throws Fault INVALID_PARAMETERS when one is empty or a row has none. */
function countFolds(foldOf: Int32Array, rows: number): number {
  const folds = foldOf.reduce((most, fold) => Math.max(most, fold + 1), 0);
  const seen = new Set(foldOf);
  if (foldOf.length !== rows || seen.size !== folds || folds < 2) {
    throw new Fault(
      'INVALID_PARAMETERS',
      `${foldOf.length} fold numbers name ${seen.size} folds; expected one for each of ${rows} rows, from 0 without a gap, and at least 2 folds`,
      { parameter: 'assignFolds' },
    );
  }
  return folds;
}

interface FoldFits extends FitOptions {
  readonly foldOf: Int32Array;
  readonly folds: number;
}

async function fitFolds(fitted: FittedModel, { design, target, weights }: TrainingData, { foldOf, folds, ...options }: FoldFits): Promise<LinearModels> {
  const linear = learnerOf(fitted.algorithm).linear!;
  const intercepts = new Float64Array(folds);
  const coefficients = new Float64Array(folds * design.cols);
  for (let fold = 0; fold < folds; fold++) {
    throwIfAborted(options.signal);
    const rows = Int32Array.from(foldOf, (_, row) => row).filter((row) => foldOf[row] !== fold);
    const others = {
      design: takeDesignRows(design, rows),
      target: Float64Array.from(rows, (row) => target[row]),
      weights: weights && Float64Array.from(rows, (row) => weights[row]),
    };
    const parameters = { ...options.parameters, ...linear.foldParameters };
    const terms = linear.terms(await fitLearner(fitted.algorithm, others, { parameters, seed: options.seed, signal: options.signal }));
    intercepts[fold] = terms.intercept;
    coefficients.set(terms.coefficients, fold * design.cols);
    options.progress?.({ fraction: (fold + 1) / folds, phase: 'folds' });
  }
  return { intercepts, coefficients };
}

function withResiduals(method: CrossConformal['method'], models: LinearModels, { data, foldOf }: { data: TrainingData; foldOf: Int32Array }): CrossConformal {
  const folds = models.intercepts.length;
  const { design, target } = data;
  const starts = new Int32Array(folds + 1);
  for (const fold of foldOf) starts[fold + 1]++;
  for (let fold = 0; fold < folds; fold++) starts[fold + 1] += starts[fold];
  const next = starts.slice(0, folds);
  const residuals = new Float64Array(design.rows);
  for (let row = 0; row < design.rows; row++) {
    const fold = foldOf[row];
    residuals[next[fold]++] = Math.abs(target[row] - predictLinear(modelOf(models, fold, design.cols), rowOf(design, row))[0]);
  }
  for (let fold = 0; fold < folds; fold++) residuals.subarray(starts[fold], starts[fold + 1]).sort();
  return { method, models, residuals, starts };
}

function modelOf({ intercepts, coefficients }: LinearModels, fold: number, cols: number): { intercept: number; coefficients: Float64Array } {
  return { intercept: intercepts[fold], coefficients: coefficients.subarray(fold * cols, (fold + 1) * cols) };
}

function rowOf(design: Design, row: number): Design {
  return { ...design, rows: 1, values: design.values.subarray(row * design.cols, (row + 1) * design.cols) };
}

/**
 * One interval per row of the design.
 *
 * @param calibration from {@link crossConformal}
 * @param design rows with the columns that the model was fitted on
 * @param level between 0 and 1; above n / (n + 1) both bounds are null
 * @throws Fault INVALID_PARAMETERS for another level, SHAPE_MISMATCH for another number of columns
 */
export function predictionIntervals(calibration: CrossConformal, design: Design, level: number): PredictionInterval[] {
  if (!(level > 0 && level < 1))
    throw new Fault('INVALID_PARAMETERS', `level is ${level}; expected a number between 0 and 1`, { parameter: 'level', received: level });
  const { intercepts, coefficients } = calibration.models;
  const { rows, cols, values } = design;
  if (coefficients.length !== intercepts.length * cols) {
    throw new Fault('SHAPE_MISMATCH', `the design has ${cols} columns; the intervals were calibrated on ${coefficients.length / intercepts.length}`, {
      received: cols,
    });
  }
  const rank = upperRank(calibration.residuals.length, level);
  if (rank > calibration.residuals.length) return Array.from({ length: rows }, () => ({ level, lower: null, upper: null }));
  const shifts = new Float64Array(intercepts.length);
  const negated = new Float64Array(intercepts.length);
  return Array.from({ length: rows }, (_, row) => {
    for (let k = 0; k < shifts.length; k++) {
      let prediction = intercepts[k];
      for (let j = 0; j < cols; j++) prediction += coefficients[k * cols + j] * values[row * cols + j];
      shifts[k] = prediction;
      negated[k] = -prediction;
    }
    // the lower end is the upper end of the mirrored problem: the r-th largest of μ - R is minus the r-th smallest of R - μ
    return { level, lower: -orderStatistic(calibration, negated, rank), upper: orderStatistic(calibration, shifts, rank) };
  });
}

/** ⌈level · (n + 1)⌉; the product's rounding error must not lift it to the next integer. */
function upperRank(rows: number, level: number): number {
  const exact = level * (rows + 1);
  return Math.max(1, Math.ceil(exact - 1e-12 * exact));
}
