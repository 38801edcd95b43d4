import fc from 'fast-check';
import { evaluateRegression } from './evaluate-regression';
import { regressionMetric } from './metrics';

// the example of scikit-learn's documentation of these metrics
const DOCUMENTED = { truth: Float64Array.of(3, -0.5, 2, 7), predicted: Float64Array.of(2.5, 0, 2, 8) };
// hundredths, as a laboratory reports them: squares of numbers near 1e-300 vanish and say nothing about the metrics
const finite = fc.integer({ min: -1e6, max: 1e6 }).map((hundredths) => hundredths / 100);

describe('regression metrics', () => {
  it('give scikit-learn’s documented figures', () => {
    expect(regressionMetric('mse', DOCUMENTED)).toBe(0.375);
    expect(regressionMetric('rmse', DOCUMENTED)).toBe(Math.sqrt(0.375));
    expect(regressionMetric('mae', DOCUMENTED)).toBe(0.5);
    expect(regressionMetric('r2', DOCUMENTED)).toBeCloseTo(0.9486081370449679, 15);
  });

  it('give R² 1 or 0 for a constant truth, exact or not', () => {
    const constant = Float64Array.of(0.1, 0.1, 0.1);
    expect(regressionMetric('r2', { truth: constant, predicted: constant })).toBe(1);
    expect(regressionMetric('r2', { truth: constant, predicted: Float64Array.of(0.1, 0.1, 0.2) })).toBe(0);
  });

  it('give R² 0 to the mean and less to anything worse than it', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 3, maxLength: 40 }), (values) => {
        const truth = Float64Array.from(values);
        fc.pre(new Set(values).size > 1);
        const mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
        expect(regressionMetric('r2', { truth, predicted: truth.map(() => mean) })).toBeCloseTo(0, 6);
        expect(regressionMetric('r2', { truth, predicted: truth })).toBe(1);
      }),
    );
  });

  it('are never negative as errors, and MAE never exceeds RMSE', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(finite, finite), { minLength: 1, maxLength: 40 }), (pairs) => {
        const scores = { truth: Float64Array.from(pairs, ([truth]) => truth), predicted: Float64Array.from(pairs, ([, predicted]) => predicted) };
        const [mae, rmse] = [regressionMetric('mae', scores), regressionMetric('rmse', scores)];
        expect(mae).toBeGreaterThanOrEqual(0);
        expect(mae).toBeLessThanOrEqual(rmse * (1 + 1e-12));
      }),
    );
  });

  it.each([
    { what: 'no rows', truth: [], predicted: [], code: 'TOO_FEW_ROWS' },
    { what: 'one row for R²', truth: [1], predicted: [1], code: 'TOO_FEW_ROWS' },
    { what: 'more predictions than rows', truth: [1, 2], predicted: [1, 2, 3], code: 'SHAPE_MISMATCH' },
    { what: 'NaN among the predictions', truth: [1, 2], predicted: [1, NaN], code: 'NOT_FINITE' },
    { what: 'infinity in the truth', truth: [Infinity, 2], predicted: [1, 2], code: 'NOT_FINITE' },
  ])('refuse $what', ({ truth, predicted, code }) => {
    expect(() => regressionMetric('r2', { truth: Float64Array.from(truth), predicted: Float64Array.from(predicted) })).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('the evaluation of a regression model', () => {
  it('gives each metric asked for, in that order, with an interval around it', () => {
    const truth = Float64Array.from({ length: 200 }, (_, i) => (i * 37) % 101);
    const predicted = truth.map((value, i) => value + ((i * 53) % 17) - 8);
    const evaluated = evaluateRegression({ truth, predicted, metrics: ['r2', 'mae', 'mse', 'rmse'], seed: 1, resamples: 500 });
    expect(evaluated.map(({ name }) => name)).toEqual(['r2', 'mae', 'mse', 'rmse']);
    for (const { name, value, lower, upper, level } of evaluated) {
      expect(value).toBe(regressionMetric(name, { truth, predicted }));
      expect(level).toBe(0.95);
      expect(lower < value && value < upper).toBe(true);
    }
  });

  it('gives finite bounds also when a resample holds one value only', () => {
    const [{ lower, upper }] = evaluateRegression({ truth: Float64Array.of(1, 2), predicted: Float64Array.of(1, 2.5), metrics: ['r2'], seed: 1 });
    expect(Number.isFinite(lower) && Number.isFinite(upper)).toBe(true);
  });
});
