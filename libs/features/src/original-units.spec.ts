import type { PipelineStep } from '@salus/contracts';
import fc from 'fast-check';
import { designMatrix } from './design-matrix';
import { affineOf, coefficientsInOriginalUnits } from './original-units';
import { applyPipeline, fitPipeline } from './pipeline';
import { tableOf, type Column } from './table';

const numbers = (values: number[]): Column => ({ kind: 'number', values: Float64Array.from(values) });
const STEPS: PipelineStep[] = [
  { step: 'standardise', columns: ['a', 'b'] },
  { step: 'min-max', columns: ['b'] },
  { step: 'one-hot', columns: ['c'], drop: 'first' },
];
const table = tableOf([
  ['a', numbers([1, 4, 6, 11])],
  ['b', numbers([200, 100, 150, 175])],
  ['c', { kind: 'category', codes: Int32Array.of(0, 1, 2, 1), levels: ['x', 'y', 'z'] }],
]);

describe('coefficients in original units', () => {
  it('predict the same as on the design columns, through every affine step', () => {
    const fitted = fitPipeline(STEPS, table);
    const design = designMatrix(fitted, applyPipeline(fitted, table).table);
    const original = [table.columns.a, table.columns.b].map((column) => (column.kind === 'number' ? column.values : new Float64Array(4)));
    const coefficient = fc.double({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(coefficient, coefficient, coefficient, coefficient), coefficient, (coefficients, intercept) => {
        const terms = coefficientsInOriginalUnits(fitted, { intercept, coefficients })!;
        expect(terms.map(({ name }) => name)).toEqual(['intercept', 'a', 'b', 'c=y', 'c=z']);
        const [b0, a, b, y, z] = terms.map(({ value }) => value);
        for (let i = 0; i < 4; i++) {
          const [, , isY, isZ] = design.values.subarray(i * 4, (i + 1) * 4);
          const onDesign = coefficients.reduce((sum, beta, j) => sum + beta * design.values[i * 4 + j], intercept);
          expect(b0 + a * original[0][i] + b * original[1][i] + y * isY + z * isZ).toBeCloseTo(onDesign, 8);
        }
      }),
    );
  });

  it('map a design column back to the values it came from', () => {
    const fitted = fitPipeline(STEPS, table);
    const design = designMatrix(fitted, applyPipeline(fitted, table).table);
    const { scale, offset } = affineOf(fitted)[1]!;
    [200, 100, 150, 175].forEach((value, i) => expect(design.values[i * 4 + 1] * scale + offset).toBeCloseTo(value, 10));
  });

  it('carry errors along: a slope’s error is divided by its scale and t stays as it was', () => {
    const fitted = fitPipeline([{ step: 'standardise', columns: ['a'] }], tableOf([['a', numbers([2, 4, 4, 4, 5, 5, 7, 9])]]));
    const covariance = Float64Array.of(0.25, 0, 0, 1);
    const [intercept, slope] = coefficientsInOriginalUnits(fitted, { intercept: 10, coefficients: [6], covariance })!;
    expect(slope).toEqual({ name: 'a', value: 3, standardError: 0.5, t: 6 });
    // mean 5, sd 2: the intercept is 10 - 6 · 5 / 2 and its variance 0.25 + (5 / 2)² · 1
    expect(intercept).toEqual({ name: 'intercept', value: -5, standardError: Math.sqrt(6.5), t: -5 / Math.sqrt(6.5) });
  });

  it('have no error without a covariance, or where the coefficient was not estimated', () => {
    const fitted = fitPipeline([], tableOf([['a', numbers([1, 2])]]));
    expect(coefficientsInOriginalUnits(fitted, { intercept: 1, coefficients: [2] })![1]).toEqual({ name: 'a', value: 2, standardError: null, t: null });
    expect(coefficientsInOriginalUnits(fitted, { intercept: 1, coefficients: [0], covariance: new Float64Array(4) })![1].standardError).toBeNull();
  });

  it('do not exist behind a logarithm', () => {
    const fitted = fitPipeline([{ step: 'log', columns: ['b'], offset: 0 }, ...STEPS], table);
    expect(affineOf(fitted).map((map) => map === undefined)).toEqual([false, true, false, false]);
    expect(coefficientsInOriginalUnits(fitted, { intercept: 0, coefficients: [1, 1, 1, 1] })).toBeUndefined();
  });

  it('are refused when there are more or fewer than design columns', () => {
    expect(() => coefficientsInOriginalUnits(fitPipeline(STEPS, table), { intercept: 0, coefficients: [1] })).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
    );
  });
});
