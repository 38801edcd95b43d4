/**
 * Ordinary (or weighted) least squares with an intercept. Standard errors, t and p are those of the classical linear model
 * (independent errors of equal variance); weights count as precisions, as in R's `lm`.
 */
import { Fault } from '@salus/fault';
import { defineLearner, type Explanation } from '../learner';
import { explainLinear, predictLinear } from '../linear-algebra/linear-model';
import { leaveOneOut } from './leave-one-out';
import { solveLeastSquares } from './solve';
import { covarianceOf, summariseOls } from './statistics';
import { loadOls, saveOls, type FittedOls } from './stored-ols';

export const learner = defineLearner<'regression', FittedOls>({
  algorithm: 'ols',
  task: 'regression',
  summary: 'Ordinary least squares: the linear model with the smallest sum of squared errors.',
  source: 'Golub & Van Loan, Matrix Computations, 4th ed., 5.2–5.3; Seber & Lee, Linear Regression Analysis, 2nd ed.',
  parameters: {
    collinear: {
      type: 'choice',
      choices: ['refuse', 'drop'],
      default: 'refuse',
      summary: 'What to do with a column that earlier columns make up: refuse the fit and name it, or give it no coefficient.',
    },
    rankTolerance: {
      type: 'number',
      minimum: 1e-14,
      maximum: 1e-3,
      default: 1e-9,
      summary: 'Distance of a centred column from the span of the earlier ones, relative to its norm, below which it counts as made up of them.',
    },
  },
  capabilities: {
    rowWeights: true,
    classWeights: false,
    probabilities: false,
    missingValues: false,
    needsFullRank: true,
    explanation: 'exact',
    warmStart: false,
    usesRandomness: false,
  },

  fit(data, { parameters }) {
    const { design, weights } = data;
    const counted = weights ? weights.filter((weight) => weight > 0).length : design.rows;
    const needed = design.cols + 2;
    if (counted < needed) {
      throw new Fault('TOO_FEW_ROWS', `${counted} rows for ${design.cols} columns and an intercept; least squares needs at least ${needed}`, {
        expected: needed,
        received: counted,
      });
    }
    const rankTolerance = parameters.rankTolerance as number;
    const solution = solveLeastSquares(data, { rankTolerance, collinear: parameters.collinear as 'refuse' | 'drop' });
    return { algorithm: 'ols', names: design.names, features: design.features, rankTolerance, ...solution };
  },

  predict: (fitted, design) => predictLinear(fitted, design),

  explain: (fitted, design): Explanation[] => explainLinear({ ...fitted, base: fitted.targetMean }, design),

  linear: {
    terms: (fitted) => ({ intercept: fitted.intercept, coefficients: fitted.coefficients, covariance: covarianceOf(fitted) }),
    foldParameters: { collinear: 'drop' },
    leaveOneOut,
  },

  summarise: summariseOls,

  save: saveOls,

  load: loadOls,
});
