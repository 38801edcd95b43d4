/** Each step on small columns against values worked out by the definitions of NumPy and scikit-learn. */
import type { PipelineStep } from '@salus/contracts';
import { applyPipeline, fitPipeline } from './pipeline';
import { tableOf, type Column } from './table';

const numbers = (...values: number[]): Column => ({ kind: 'number', values: Float64Array.from(values) });
const category = (levels: string[], ...codes: number[]): Column => ({ kind: 'category', codes: Int32Array.from(codes), levels });

/** What a single step, fitted on a column `x`, makes of it; plain lists by column. */
function transformed(step: PipelineStep, column: Column): Record<string, number[]> {
  const table = tableOf([['x', column]]);
  const { columns } = applyPipeline(fitPipeline([step], table), table).table;
  return Object.fromEntries(Object.entries(columns).map(([name, made]) => [name, Array.from(made.kind === 'number' ? made.values : made.codes)]));
}

const impute = (strategy: 'mean' | 'median' | 'most-frequent' | 'constant', value?: number | string): PipelineStep => ({
  step: 'impute',
  columns: ['x'],
  strategy,
  value,
});

describe('impute', () => {
  it.each<[PipelineStep, number[], number]>([
    [impute('mean'), [1, NaN, 2, 6], 3],
    [impute('median'), [9, NaN, 1, 5], 5],
    [impute('median'), [9, NaN, 1, 5, 2], 3.5],
    [impute('most-frequent'), [7, 7, NaN, 2, 2, 9], 2],
    [impute('constant', -4.5), [1, NaN], -4.5],
  ])('%j fills %j with %p', (step, values, filled) => {
    expect(transformed(step, numbers(...values)).x).toEqual(values.map((value) => (Number.isNaN(value) ? filled : value)));
  });

  it('fills a category with its most frequent level, of equals the first in text order', () => {
    expect(transformed(impute('most-frequent'), category(['b', 'a', 'c'], 0, 1, -1, 1, 0, 2)).x).toEqual([0, 1, 1, 1, 0, 2]);
  });

  it('fills a category with a constant level', () => {
    expect(transformed(impute('constant', 'c'), category(['b', 'a', 'c'], 0, -1)).x).toEqual([0, 2]);
  });

  it.each<[string, PipelineStep, Column]>([
    ['the mean of a category', impute('mean'), category(['a', 'b'], 0)],
    ['a level that does not exist', impute('constant', 'z'), category(['a', 'b'], 0)],
    ['a text for a number', impute('constant', 'z'), numbers(1)],
    ['no constant at all', impute('constant'), numbers(1)],
  ])('refuses %s', (_, step, column) => {
    expect(() => transformed(step, column)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETERS' }));
  });
});

describe('standardise', () => {
  const step: PipelineStep = { step: 'standardise', columns: ['x'] };

  it('divides by the population standard deviation and leaves missing values missing', () => {
    // mean 5, population sd 2 (the textbook example of it)
    expect(transformed(step, numbers(2, 4, 4, 4, NaN, 5, 5, 7, 9)).x).toEqual([-1.5, -0.5, -0.5, -0.5, NaN, 0, 0, 1, 2]);
  });

  it('gives a column that is constant to within rounding scale 1', () => {
    const values = transformed(step, numbers(...Array.from({ length: 10 }, () => 0.1))).x;
    values.forEach((value) => expect(Math.abs(value)).toBeLessThan(1e-16));
  });

  it('keeps its digits when the mean is large beside the spread', () => {
    const [low, middle, high] = transformed(step, numbers(1e9 - 1, 1e9, 1e9 + 1)).x;
    expect(low).toBeCloseTo(-Math.sqrt(1.5), 12);
    expect(middle).toBeCloseTo(0, 12);
    expect(high).toBeCloseTo(Math.sqrt(1.5), 12);
  });
});

describe('min-max', () => {
  const step: PipelineStep = { step: 'min-max', columns: ['x'] };

  it('maps the training range to 0 … 1 and does not clip a later row', () => {
    const fitted = fitPipeline([step], tableOf([['x', numbers(10, NaN, 30)]]));
    const { x } = applyPipeline(fitted, tableOf([['x', numbers(10, 15, 30, 50, NaN)]])).table.columns;
    expect(x).toEqual(numbers(0, 0.25, 1, 2, NaN));
  });

  it('maps a constant column to 0', () => {
    expect(transformed(step, numbers(7, 7)).x).toEqual([0, 0]);
    expect(transformed(step, numbers(0, 5e-324)).x).toEqual([0, 5e-324]);
  });
});

describe('log', () => {
  it('is the natural logarithm of value + offset', () => {
    expect(transformed({ step: 'log', columns: ['x'], offset: 1 }, numbers(0, Math.E - 1, NaN)).x).toEqual([0, 1, NaN]);
  });

  it.each([0, -3, Infinity])('refuses %p, naming the row and not the value', (value) => {
    const run = (): unknown => transformed({ step: 'log', columns: ['x'], offset: 0 }, numbers(1, value));
    expect(run).toThrow(expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining('row 1, column x') }));
  });
});

describe('one-hot', () => {
  const levels = ['a', 'b', 'c'];

  it('makes a column per level, also of a level that no training row has', () => {
    expect(transformed({ step: 'one-hot', columns: ['x'], drop: 'none' }, category(levels, 0, 2))).toEqual({ 'x=a': [1, 0], 'x=b': [0, 0], 'x=c': [0, 1] });
  });

  it('leaves the reference level out and a missing category missing', () => {
    expect(transformed({ step: 'one-hot', columns: ['x'], drop: 'first' }, category(levels, 0, 1, -1))).toEqual({ 'x=b': [0, 1, NaN], 'x=c': [0, 0, NaN] });
  });
});
