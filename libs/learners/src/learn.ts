/**
 * The way in: fits, predicts and explains with whichever learner a manifest names. What every algorithm needs checked is
 * checked here once, so that a learner's folder holds its mathematics only.
 */
import { Fault } from '@salus/fault';
import { checkDesign, checkVector, type Design } from './design';
import type { Explanation, FitOptions, FittedModel, LinearTerms, TrainingData } from './learner';
import { resolveParameters } from './parameters';
import { learnerOf } from './registry';

/**
 * Fits a learner.
 *
 * @param algorithm name of a learner, such as `ols`
 * @param data design [rows, cols], target [rows] in its unit, weights [rows] or none
 * @throws Fault INVALID_PARAMETERS, SHAPE_MISMATCH, NOT_FINITE, TOO_FEW_ROWS, COLLINEAR, CANCELLED
 */
export async function fitLearner(algorithm: string, data: TrainingData, options: FitOptions): Promise<FittedModel> {
  const learner = learnerOf(algorithm);
  const parameters = resolveParameters(learner.parameters, options.parameters ?? {});
  const { design, target, weights } = data;
  checkDesign(design);
  checkVector('target', target, design.rows);
  if (weights) {
    if (!learner.capabilities.rowWeights) throw new Fault('INVALID_PARAMETERS', `learner ${algorithm} takes no weights of rows`, { parameter: 'weights' });
    checkVector('weights', weights, design.rows);
    const row = weights.findIndex((weight) => weight < 0);
    if (row >= 0) throw new Fault('INVALID_PARAMETERS', `weight of row ${row} is negative; expected 0 or more`, { parameter: 'weights', row });
  }
  throwIfAborted(options.signal);
  return learner.fit(data, { ...options, parameters });
}

/**
 * Predictions, [rows], in the target's unit.
 * @throws Fault NOT_FITTED, SHAPE_MISMATCH when the columns are not those of the fit, NOT_FINITE naming row and column
 */
export async function predict(fitted: FittedModel, design: Design): Promise<Float64Array> {
  requireSameColumns(fitted, design);
  return learnerOf(fitted.algorithm).predict(fitted, design);
}

/**
 * One explanation per row.
 * @throws Fault as {@link predict}, and INVALID_PARAMETERS when the learner explains nothing
 */
export async function explain(fitted: FittedModel, design: Design): Promise<Explanation[]> {
  requireSameColumns(fitted, design);
  const learner = learnerOf(fitted.algorithm);
  if (!learner.explain) throw new Fault('INVALID_PARAMETERS', `learner ${learner.algorithm} gives no explanation`, { parameter: 'explain' });
  return learner.explain(fitted, design);
}

/** Intercept and coefficients on the design columns, or undefined when the model is not linear in them. */
export function linearTermsOf(fitted: FittedModel): LinearTerms | undefined {
  return learnerOf(fitted.algorithm).linear?.terms(fitted);
}

/** Facts about the fit for a reader, JSON values; for OLS the coefficient table on design columns, R² and the like. */
export function summarise(fitted: FittedModel): Readonly<Record<string, unknown>> {
  return learnerOf(fitted.algorithm).summarise(fitted);
}

/** Refuses a design that does not have the fitted columns in their order, or holds a number that is not finite. */
export function requireSameColumns(fitted: FittedModel, design: Design): void {
  if (typeof fitted?.algorithm !== 'string' || !Array.isArray(fitted.names)) {
    throw new Fault('NOT_FITTED', 'the model is not fitted; give what fitLearner or loadModel returned', {});
  }
  checkDesign(design);
  const at = fitted.names.findIndex((name, j) => design.names[j] !== name);
  if (at >= 0 || design.cols !== fitted.names.length) {
    const expected = fitted.names.join(', ');
    throw new Fault('SHAPE_MISMATCH', `the design has the columns ${design.names.join(', ')}; the model was fitted on ${expected}`, {
      expected: fitted.names,
      received: design.names,
    });
  }
}

/** Ends work that nobody wants any more. Throws Fault CANCELLED. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Fault('CANCELLED', 'the fit was cancelled', {});
}
