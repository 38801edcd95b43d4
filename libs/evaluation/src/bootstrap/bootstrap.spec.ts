import fc from 'fast-check';
import { seededRandom } from '../random/random';
import { bootstrapInterval, bootstrapIntervals, quantileOf } from './bootstrap';

const meanOver =
  (values: Float64Array) =>
  (indices: Int32Array): number => {
    let sum = 0;
    for (const row of indices) sum += values[row];
    return sum / indices.length;
  };

describe('the bootstrap interval', () => {
  it('of a mean is close to the normal interval on 2,000 rows', () => {
    const random = seededRandom(11, 'test');
    const values = Float64Array.from({ length: 2_000 }, () => random.unit());
    const mean = meanOver(values)(Int32Array.from(values, (_, row) => row));
    const error = Math.sqrt(1 / 12 / 2_000);
    const { lower, upper, level } = bootstrapInterval(meanOver(values), values.length, { seed: 7 });
    expect(level).toBe(0.95);
    expect(Math.abs(lower - (mean - 1.96 * error))).toBeLessThan(0.2 * error);
    expect(Math.abs(upper - (mean + 1.96 * error))).toBeLessThan(0.2 * error);
  });

  it('holds the true mean about as often as it says', () => {
    let held = 0;
    for (let run = 0; run < 200; run++) {
      const random = seededRandom(run, 'coverage');
      const values = Float64Array.from({ length: 40 }, () => random.unit());
      const { lower, upper } = bootstrapInterval(meanOver(values), 40, { seed: run, resamples: 200, level: 0.9 });
      held += Number(lower <= 0.5 && 0.5 <= upper);
    }
    expect(held / 200).toBeGreaterThan(0.83);
    expect(held / 200).toBeLessThan(0.96);
  });

  it('is the same from the same seed, another from another, and wider at a higher level', () => {
    const values = Float64Array.of(1, 5, 2, 8, 3, 9, 4);
    const at = (seed: number, level: number) => bootstrapInterval(meanOver(values), 7, { seed, level, resamples: 500 });
    expect(at(1, 0.9)).toEqual(at(1, 0.9));
    expect(at(1, 0.9)).not.toEqual(at(2, 0.9));
    expect(at(1, 0.99).upper - at(1, 0.99).lower).toBeGreaterThan(at(1, 0.8).upper - at(1, 0.8).lower);
  });

  it('judges several metrics on the same resamples', () => {
    const values = Float64Array.of(1, 5, 2, 8, 3);
    const [once, twice] = bootstrapIntervals([meanOver(values), (indices) => 2 * meanOver(values)(indices)], 5, { seed: 3 });
    expect(twice).toEqual({ lower: 2 * once.lower, upper: 2 * once.upper, level: 0.95 });
  });

  it.each<[string, { seed: number; resamples?: number; level?: number }, number, string]>([
    ['a single row', { seed: 0 }, 1, 'TOO_FEW_ROWS'],
    ['99 resamples', { seed: 0, resamples: 99 }, 5, 'INVALID_PARAMETERS'],
    ['a level of 1', { seed: 0, level: 1 }, 5, 'INVALID_PARAMETERS'],
    ['a level of NaN', { seed: 0, level: NaN }, 5, 'INVALID_PARAMETERS'],
  ])('refuses %s', (...[, options, rows, code]) => {
    expect(() => bootstrapInterval(() => 0, rows, options)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a metric that gives no number', () => {
    expect(() => bootstrapInterval(() => NaN, 5, { seed: 0 })).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
  });
});

describe('a quantile', () => {
  it('interpolates as numpy does', () => {
    const sorted = Float64Array.of(1, 2, 4, 8);
    expect([0, 0.25, 0.5, 0.9, 1].map((probability) => quantileOf(sorted, probability))).toEqual([1, 1.75, 3, 4 + 0.7000000000000002 * 4, 8]);
  });

  it('lies between the smallest and the largest value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, probability) => {
          const sorted = Float64Array.from(values).sort();
          const quantile = quantileOf(sorted, probability);
          expect(quantile).toBeGreaterThanOrEqual(sorted[0]);
          expect(quantile).toBeLessThanOrEqual(sorted[sorted.length - 1]);
        },
      ),
    );
  });
});
