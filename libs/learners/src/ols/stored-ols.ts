/** A fitted least-squares model, and how it is saved and read back. */
import type { FittedModel, SavedState } from '../learner';
import { tensorOf } from '../safetensors/safetensors';
import { lengthOfTensor, requireFloats, requireIndices, requireNumber } from '../saved-tensors';
import type { Solution } from './solve';

export interface FittedOls extends FittedModel, Solution {
  readonly rankTolerance: number;
}

/** What {@link loadOls} needs to make the same model again. */
export function saveOls(fitted: FittedOls): SavedState {
  const { rows, weight, targetMean, intercept, residualSumOfSquares, totalSumOfSquares, rankTolerance } = fitted;
  const rank = fitted.kept.length;
  const cols = fitted.coefficients.length;
  return {
    state: { rows, rankTolerance },
    tensors: {
      coefficients: tensorOf(fitted.coefficients, [cols]),
      means: tensorOf(fitted.means, [cols]),
      norms: tensorOf(fitted.norms, [cols]),
      kept: tensorOf(fitted.kept, [rank]),
      r: tensorOf(fitted.r, [rank, rank]),
      scalars: tensorOf(Float64Array.of(intercept, targetMean, weight, residualSumOfSquares, totalSumOfSquares), [5]),
    },
  };
}

/** The fitted model that was saved, bit for bit. Throws Fault INTEGRITY when state or tensors have another form. */
export function loadOls(base: FittedModel, { state, tensors }: SavedState): FittedOls {
  const cols = base.names.length;
  const rank = lengthOfTensor(tensors, 'kept');
  const [intercept, targetMean, weight, residualSumOfSquares, totalSumOfSquares] = requireFloats(tensors, 'scalars', [5]);
  return {
    algorithm: 'ols',
    names: base.names,
    features: base.features,
    rankTolerance: requireNumber(state, 'rankTolerance', 0),
    rows: requireNumber(state, 'rows', 0),
    coefficients: requireFloats(tensors, 'coefficients', [cols]),
    means: requireFloats(tensors, 'means', [cols]),
    norms: requireFloats(tensors, 'norms', [cols]),
    kept: requireIndices(tensors, 'kept', { shape: [rank], limit: cols - 1 }),
    r: requireFloats(tensors, 'r', [rank, rank]),
    intercept,
    targetMean,
    weight,
    residualSumOfSquares,
    totalSumOfSquares,
  };
}
