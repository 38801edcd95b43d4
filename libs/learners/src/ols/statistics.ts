/** What classical theory says about a least-squares fit: covariance of the estimates, errors, t, p, R². */
import { solveUpper, solveUpperTransposed } from '../linear-algebra/householder-qr';
import { twoSidedP } from '../student-t/student-t';
import type { Solution } from './solve';

/** Rows that are left to judge the error by: rows - rank - 1. */
export function degreesOfFreedom({ rows, kept }: Solution): number {
  return rows - kept.length - 1;
}

/** Estimated variance of a single error; its root is the residual standard error. */
export function residualVariance(solution: Solution): number {
  return solution.residualSumOfSquares / degreesOfFreedom(solution);
}

/**
 * Covariance of intercept and coefficients, σ² (XᵀWX)⁻¹ with a leading 1 column, [1 + p, 1 + p] row-major; rows and
 * columns of a dropped coefficient are 0.
 */
export function covarianceOf(solution: Solution): Float64Array {
  const { means, norms, kept, r, weight } = solution;
  const size = means.length + 1;
  const variance = residualVariance(solution);
  const covariance = new Float64Array(size * size);
  const rank = kept.length;
  kept.forEach((column, k) => {
    const unit = new Float64Array(rank);
    unit[k] = 1;
    const inverse = solveUpper(r, solveUpperTransposed(r, unit));
    kept.forEach((other, l) => (covariance[(column + 1) * size + other + 1] = (variance * inverse[l]) / (norms[column] * norms[other])));
  });
  let interceptVariance = variance / weight;
  for (let j = 1; j < size; j++) {
    let withIntercept = 0;
    for (let l = 1; l < size; l++) withIntercept -= covariance[j * size + l] * means[l - 1];
    covariance[j] = withIntercept;
    covariance[j * size] = withIntercept;
    interceptVariance -= withIntercept * means[j - 1];
  }
  covariance[0] = interceptVariance;
  return covariance;
}

/** A row of the coefficient table on design columns; null where the column was dropped. */
export interface TermSummary {
  readonly name: string;
  readonly estimate: number;
  readonly standardError: number | null;
  readonly t: number | null;
  readonly p: number | null;
}

/** The coefficient table and the quality of the fit on the training rows. */
export interface OlsSummary extends Readonly<Record<string, unknown>> {
  readonly rows: number;
  readonly degreesOfFreedom: number;
  readonly residualStandardError: number;
  readonly rSquared: number;
  readonly adjustedRSquared: number;
  readonly terms: readonly TermSummary[];
}

export function summariseOls(fitted: Solution & { readonly names: readonly string[] }): OlsSummary {
  const freedom = degreesOfFreedom(fitted);
  const covariance = covarianceOf(fitted);
  const size = fitted.names.length + 1;
  const { residualSumOfSquares: residual, totalSumOfSquares: total } = fitted;
  const rSquared = total === 0 ? Number(residual === 0) : 1 - residual / total;
  const terms = ['intercept', ...fitted.names].map((name, at): TermSummary => {
    const estimate = at === 0 ? fitted.intercept : fitted.coefficients[at - 1];
    const error = Math.sqrt(covariance[at * size + at]);
    if (!(error > 0)) return { name, estimate, standardError: null, t: null, p: null };
    return { name, estimate, standardError: error, t: estimate / error, p: twoSidedP(estimate / error, freedom) };
  });
  return {
    rows: fitted.rows,
    degreesOfFreedom: freedom,
    residualStandardError: Math.sqrt(residualVariance(fitted)),
    rSquared,
    adjustedRSquared: 1 - ((1 - rSquared) * (fitted.rows - 1)) / freedom,
    terms,
  };
}
