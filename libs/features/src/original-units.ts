/**
 * Takes the coefficients of a linear model back through the pipeline. Where every step on a column is affine
 * (original = design · scale + offset), β_original = β / scale and the intercept loses Σ β·offset/scale; the covariance
 * of the estimates follows the same linear map. A logarithm has no affine way back, and there is no answer then.
 */
import { Fault } from '@salus/fault';
import type { FittedPipeline } from './pipeline';
import { IDENTITY, type Affine, type FittedColumn } from './step';
import { stepKind } from './steps';

/** A linear model on design columns. `covariance` is [1 + cols, 1 + cols] row-major, intercept first. */
export interface LinearModel {
  readonly intercept: number;
  readonly coefficients: ArrayLike<number>;
  readonly covariance?: Float64Array;
}

/** A coefficient per original unit. Error and t are null where the model gives no covariance or did not estimate the coefficient (error 0). */
export interface Coefficient {
  readonly name: string;
  readonly value: number;
  readonly standardError: number | null;
  readonly t: number | null;
}

/** How each design column maps back: original = design · scale + offset; undefined where it does not. */
export function affineOf(fitted: FittedPipeline): (Affine | undefined)[] {
  return fitted.outputs.map(({ name, feature }) => {
    let whole: Affine | undefined = IDENTITY;
    for (const step of fitted.steps) {
      const learned = step.columns.find(({ column }: FittedColumn) => column === name || column === feature);
      const own = learned ? stepKind(step.step).affine(learned) : IDENTITY;
      whole = whole && own && { scale: whole.scale * own.scale, offset: whole.scale * own.offset + whole.offset };
    }
    return whole;
  });
}

/**
 * The coefficients of a linear model in the original units: the intercept, named `intercept`, then one per design column.
 * @returns undefined when a column has no affine way back
 * @throws Fault SHAPE_MISMATCH when the model has not one coefficient per design column
 */
export function coefficientsInOriginalUnits(fitted: FittedPipeline, model: LinearModel): Coefficient[] | undefined {
  const maps = affineOf(fitted);
  if (model.coefficients.length !== maps.length) {
    throw new Fault('SHAPE_MISMATCH', `the model has ${model.coefficients.length} coefficients; the pipeline gives ${maps.length} columns`, {
      expected: maps.length,
      received: model.coefficients.length,
    });
  }
  if (maps.some((map) => map === undefined)) return undefined;
  const affine = maps as Affine[];
  let intercept = model.intercept;
  affine.forEach(({ scale, offset }, j) => (intercept -= (model.coefficients[j] * offset) / scale));
  const interceptWeights = [1, ...affine.map(({ scale, offset }) => -offset / scale)];
  return [
    coefficient('intercept', intercept, standardError(model.covariance, interceptWeights)),
    ...affine.map(({ scale }, j) => {
      const weights = interceptWeights.map((_, k) => (k === j + 1 ? 1 / scale : 0));
      return coefficient(fitted.outputs[j].name, model.coefficients[j] / scale, standardError(model.covariance, weights));
    }),
  ];
}

/** √(wᵀ C w): the standard error of Σ w·estimate. */
function standardError(covariance: Float64Array | undefined, weights: readonly number[]): number | null {
  if (!covariance) return null;
  const size = weights.length;
  let variance = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) variance += weights[i] * covariance[i * size + j] * weights[j];
  }
  return Number.isFinite(variance) && variance > 0 ? Math.sqrt(variance) : null;
}

function coefficient(name: string, value: number, error: number | null): Coefficient {
  return { name, value, standardError: error, t: error === null ? null : value / error };
}
