/**
 * Leverages, and the coefficients without each row in turn, without fitting again (Seber & Lee, 10.1):
 * β₋ᵢ = β - (XᵀWX)⁻¹ xᵢ wᵢ eᵢ / (1 - hᵢ). A row with leverage 1 alone decides a coefficient and the short cut would divide
 * by 0; there are at most as many such rows as columns, and for these the fit is made again with that column dropped.
 */
import { takeDesignRows } from '../design';
import type { LinearModels, TrainingData } from '../learner';
import { solveUpper, solveUpperTransposed } from '../linear-algebra/householder-qr';
import { predictLinear } from '../linear-algebra/linear-model';
import { solveLeastSquares, type Solution } from './solve';

type Data = TrainingData<'regression'>;

/** 1 - leverage below which the short cut has lost too many digits. */
const LEAST_SLACK = 1e-7;

/** Rᵀ z = (x - mean) / norm for one row: ‖z‖² + 1 / Σ weight, times the row's weight, is its leverage. */
function whiten({ means, norms, kept, r }: Solution, design: Data['design'], row: number): Float64Array {
  const centred = Float64Array.from(kept, (column) => (design.values[row * design.cols + column] - means[column]) / norms[column]);
  return solveUpperTransposed(r, centred);
}

function leverage(solution: Solution, whitened: Float64Array, weight: number): number {
  return weight * (whitened.reduce((sum, value) => sum + value * value, 0) + 1 / solution.weight);
}

/**
 * How much each training row pulls its own prediction, 0 … 1; they add up to rank + 1.
 * @param data the rows of the fit
 */
export function leveragesOf(fitted: Solution, { design, weights }: Pick<Data, 'design' | 'weights'>): Float64Array {
  return Float64Array.from({ length: design.rows }, (_, row) => leverage(fitted, whiten(fitted, design, row), weights ? weights[row] : 1));
}

/** The model without each row in turn; see {@link LinearModels}. */
export function leaveOneOut(fitted: Solution & { readonly rankTolerance: number }, data: Data): LinearModels {
  const { design, target, weights } = data;
  const { rows, cols } = design;
  const predictions = predictLinear(fitted, design);
  const intercepts = new Float64Array(rows);
  const coefficients = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const weight = weights ? weights[row] : 1;
    const whitened = whiten(fitted, design, row);
    const slack = 1 - leverage(fitted, whitened, weight);
    const own = coefficients.subarray(row * cols, (row + 1) * cols);
    if (slack < LEAST_SLACK) {
      const refitted = refitWithout(row, data, fitted.rankTolerance);
      own.set(refitted.coefficients);
      intercepts[row] = refitted.intercept;
      continue;
    }
    const pull = (weight * (target[row] - predictions[row])) / slack;
    const direction = solveUpper(fitted.r, whitened);
    own.set(fitted.coefficients);
    intercepts[row] = fitted.intercept - pull / fitted.weight;
    fitted.kept.forEach((column, k) => {
      const change = (pull * direction[k]) / fitted.norms[column];
      own[column] -= change;
      intercepts[row] += change * fitted.means[column];
    });
  }
  return { intercepts, coefficients };
}

function refitWithout(row: number, { design, target, weights }: Data, rankTolerance: number): Solution {
  const others = Int32Array.from({ length: design.rows - 1 }, (_, i) => (i < row ? i : i + 1));
  const remaining = {
    design: takeDesignRows(design, others),
    target: Float64Array.from(others, (i) => target[i]),
    weights: weights && Float64Array.from(others, (i) => weights[i]),
  };
  return solveLeastSquares(remaining, { rankTolerance, collinear: 'drop' });
}
