import { takeDesignRows } from '../design';
import { fitLearner, linearTermsOf, predict, summarise } from '../learn';
import type { TrainingData } from '../learner';
import { designOf, simulateRows } from '../simulated-rows.conformance';
import { leaveOneOut, leveragesOf } from './leave-one-out';
import type { OlsSummary } from './statistics';
import type { FittedOls } from './stored-ols';

const fit = async (data: TrainingData, parameters: Record<string, unknown> = {}): Promise<FittedOls> =>
  (await fitLearner('ols', data, { seed: 0, parameters })) as FittedOls;

// R's `cars` (Ezekiel 1930): stopping distance in feet by speed in mph; figures of summary(lm(dist ~ speed, cars))
const SPEED = [
  4, 4, 7, 7, 8, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 16, 16, 17, 17, 17, 18, 18, 18, 18, 19, 19, 19, 20, 20, 20,
  20, 20, 22, 23, 24, 24, 24, 24, 25,
];
const DISTANCE = [
  2, 10, 4, 22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28, 26, 34, 34, 46, 26, 36, 60, 80, 20, 26, 54, 32, 40, 32, 40, 50, 42, 56, 76, 84, 36, 46, 68, 32, 48,
  52, 56, 64, 66, 54, 70, 92, 93, 120, 85,
];
const cars: TrainingData = { design: designOf(SPEED, ['speed']), target: Float64Array.from(DISTANCE) };

describe('ordinary least squares', () => {
  it('gives the figures that R prints for its cars data', async () => {
    const summary = summarise(await fit(cars)) as OlsSummary;
    const [intercept, speed] = summary.terms;
    expect(intercept.estimate).toBeCloseTo(-17.5791, 4);
    expect(intercept.standardError).toBeCloseTo(6.7584, 4);
    expect(intercept.t).toBeCloseTo(-2.601, 3);
    expect(intercept.p).toBeCloseTo(0.0123, 4);
    expect(speed.estimate).toBeCloseTo(3.9324, 4);
    expect(speed.standardError).toBeCloseTo(0.4155, 4);
    expect(speed.t).toBeCloseTo(9.464, 3);
    expect(speed.p! * 1e12).toBeCloseTo(1.49, 2);
    expect(summary.residualStandardError).toBeCloseTo(15.38, 2);
    expect(summary.degreesOfFreedom).toBe(48);
    expect(summary.rSquared).toBeCloseTo(0.6511, 4);
    expect(summary.adjustedRSquared).toBeCloseTo(0.6438, 4);
  });

  it('finds the coefficients exactly when there is no error', async () => {
    const { design } = simulateRows({ rows: 30, cols: 3, seed: 4 });
    const target = Float64Array.from({ length: 30 }, (_, i) => 7 + 2 * design.values[3 * i] - 3 * design.values[3 * i + 1] + 0.5 * design.values[3 * i + 2]);
    const { intercept, coefficients } = linearTermsOf(await fit({ design, target }))!;
    expect(intercept).toBeCloseTo(7, 10);
    [2, -3, 0.5].forEach((value, j) => expect(coefficients[j]).toBeCloseTo(value, 12));
  });

  it('keeps its digits for a column like a year, with a large mean and a small spread', async () => {
    const years = Array.from({ length: 40 }, (_, i) => 2_000_000_000 + i * 1e-3);
    const target = Float64Array.from(years, (_, i) => 5 + 2 * (i * 1e-3));
    const { coefficients } = linearTermsOf(await fit({ design: designOf(years, ['year']), target }))!;
    // the years themselves are rounded to 2.4e-7, a four-thousandth of their step
    expect(coefficients[0]).toBeCloseTo(2, 3);
  });

  it('takes the rounding error of a large sum out of the mean', async () => {
    // the running sum reaches 2e16 and is rounded to 4, eight times the spread of the column; the mean itself to 1e-4
    const values = Array.from({ length: 20_001 }, (_, i) => 1e12 + 7 + Number(i % 3 === 0));
    const target = Float64Array.from(values, (value) => 2 * (value - 1e12));
    expect(linearTermsOf(await fit({ design: designOf(values, ['x']), target }))!.coefficients[0]).toBeCloseTo(2, 6);
  });

  it('takes columns of units a quadrillion apart as well as any', async () => {
    const plain = simulateRows({ rows: 50, cols: 2, seed: 9 });
    const scaled = { ...plain, design: { ...plain.design, values: plain.design.values.map((value, at) => value * (at % 2 === 0 ? 1e-9 : 1e9)) } };
    const [a, b] = [linearTermsOf(await fit(plain))!, linearTermsOf(await fit(scaled))!];
    expect(b.coefficients[0] * 1e-9).toBeCloseTo(a.coefficients[0], 10);
    expect(b.coefficients[1] * 1e9).toBeCloseTo(a.coefficients[1], 10);
  });

  it('names a constant column, and one level too many of a category', async () => {
    const rows = Array.from({ length: 9 }, (_, i) => [0.1, Number(i % 3 === 0), Number(i % 3 === 1), Number(i % 3 === 2)]);
    const data = { design: designOf(rows.flat(), ['flat', 'c=a', 'c=b', 'c=d'], ['flat', 'c', 'c', 'c']), target: Float64Array.from(rows, (_, i) => i) };
    await expect(fit(data)).rejects.toEqual(
      expect.objectContaining({
        code: 'COLLINEAR',
        details: {
          columns: [
            { column: 'flat', dependsOn: [] },
            { column: 'c=d', dependsOn: ['c=a', 'c=b'] },
          ],
        },
        message: expect.stringMatching(/flat is constant in the training rows; c=d is a linear combination of c=a, c=b; .*drop: first/),
      }),
    );
  });

  it('drops such columns when asked, predicts as without them and gives them no error', async () => {
    const { design, target } = simulateRows({ rows: 20, cols: 2, seed: 3 });
    const withCopy = designOf(Array.from({ length: 20 }, (_, i) => [design.values[2 * i], 4 * design.values[2 * i] + 1, design.values[2 * i + 1]]).flat(), [
      'a',
      'copy',
      'b',
    ]);
    const dropped = await fit({ design: withCopy, target }, { collinear: 'drop' });
    const expected = await predict(await fit({ design, target }), design);
    (await predict(dropped, withCopy)).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 10));
    expect((summarise(dropped) as OlsSummary).terms[2]).toEqual({ name: 'copy', estimate: 0, standardError: null, t: null, p: null });
    expect((summarise(dropped) as OlsSummary).degreesOfFreedom).toBe(17);
  });

  it('needs a row more than it has coefficients, counting rows with a weight', async () => {
    const { design, target } = simulateRows({ rows: 5, cols: 3, seed: 2 });
    await expect(fit({ design, target })).resolves.toBeDefined();
    const fewer = { design: takeDesignRows(design, [0, 1, 2, 3]), target: target.slice(0, 4) };
    await expect(fit(fewer)).rejects.toEqual(expect.objectContaining({ code: 'TOO_FEW_ROWS', details: { expected: 5, received: 4 } }));
    await expect(fit({ design, target, weights: Float64Array.of(1, 1, 1, 1, 0) })).rejects.toEqual(expect.objectContaining({ code: 'TOO_FEW_ROWS' }));
  });

  it('refuses numbers that are too large to be added up, naming the column', async () => {
    const values = Array.from({ length: 6 }, () => 1.7e308);
    await expect(fit({ design: designOf(values, ['huge']), target: new Float64Array(6) })).rejects.toEqual(
      expect.objectContaining({ code: 'NOT_FINITE', details: { column: 'huge' } }),
    );
  });

  it('refuses numbers that lie too far apart to be centred, naming the column', async () => {
    const values = [1.7e308, -1.7e308, -1.7e308, -1.7e308, 1e308];
    await expect(fit({ design: designOf(values, ['wide']), target: new Float64Array(5) })).rejects.toEqual(
      expect.objectContaining({ code: 'NOT_FINITE', details: { column: 'wide' } }),
    );
  });

  it('fits a constant target without an error', async () => {
    const { design } = simulateRows({ rows: 10, cols: 1, seed: 5 });
    const summary = summarise(await fit({ design, target: new Float64Array(10).fill(4) })) as OlsSummary;
    expect(summary.terms[0].estimate).toBe(4);
    expect(summary.terms[1].estimate).toBeCloseTo(0, 15);
    expect(summary.rSquared).toBe(1);
  });
});

describe('leverages', () => {
  it('lie between 0 and 1 and add up to the number of coefficients', async () => {
    const data = simulateRows({ rows: 60, cols: 4, seed: 6 });
    const leverages = leveragesOf(await fit(data), data);
    expect(leverages.every((leverage) => leverage > 0 && leverage < 1)).toBe(true);
    expect(leverages.reduce((sum, leverage) => sum + leverage)).toBeCloseTo(5, 10);
  });

  it('equal 1/n + (x - mean)² / Σ(x - mean)² for a single column', async () => {
    const mean = SPEED.reduce((sum, value) => sum + value) / 50;
    const spread = SPEED.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    leveragesOf(await fit(cars), cars).forEach((leverage, i) => expect(leverage).toBeCloseTo(1 / 50 + (SPEED[i] - mean) ** 2 / spread, 13));
  });
});

describe('leaving one row out', () => {
  const without = (data: TrainingData, row: number): TrainingData => {
    const others = Array.from({ length: data.design.rows }, (_, i) => i).filter((i) => i !== row);
    return {
      design: takeDesignRows(data.design, others),
      target: Float64Array.from(others, (i) => data.target[i]),
      weights: data.weights && Float64Array.from(others, (i) => data.weights![i]),
    };
  };
  const expectRefits = async (data: TrainingData, parameters: Record<string, unknown> = {}): Promise<void> => {
    const models = leaveOneOut(await fit(data, parameters), data);
    for (let row = 0; row < data.design.rows; row++) {
      const refitted = await fit(without(data, row), parameters);
      expect(Math.abs(models.intercepts[row] - refitted.intercept)).toBeLessThan(1e-9);
      refitted.coefficients.forEach((value, j) => expect(Math.abs(models.coefficients[row * data.design.cols + j] - value)).toBeLessThan(1e-9));
    }
  };

  it('by the leverages equals fitting again without it', async () => {
    await expectRefits(simulateRows({ rows: 40, cols: 4, seed: 7 }));
  });

  it('equals it with weights too, some of them 0', async () => {
    const data = simulateRows({ rows: 40, cols: 3, seed: 8 });
    await expectRefits({ ...data, weights: Float64Array.from({ length: 40 }, (_, i) => (i % 7) / 2) });
  });

  it('equals it when a row alone decides a coefficient: the column is then dropped', async () => {
    const { design, target } = simulateRows({ rows: 20, cols: 2, seed: 10 });
    const values = Array.from({ length: 20 }, (_, i) => [design.values[2 * i], Number(i === 5), design.values[2 * i + 1]]).flat();
    const data = { design: designOf(values, ['a', 'only', 'b']), target };
    expect(leveragesOf(await fit(data), data)[5]).toBeCloseTo(1, 12);
    await expectRefits(data, { collinear: 'drop' });
  });
});
