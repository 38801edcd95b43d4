import type { PipelineStep } from '@salus/contracts';
import fc from 'fast-check';
import { designMatrix } from './design-matrix';
import { applyPipeline, fitPipeline, parsePipeline } from './pipeline';
import { columnOf, tableOf, takeRows, type Column, type Table } from './table';

const LEVELS = ['none', 'mild', 'severe'];
const STEPS: PipelineStep[] = [
  { step: 'drop-missing', columns: ['d'] },
  { step: 'impute', columns: ['a', 'b'], strategy: 'median' },
  { step: 'impute', columns: ['c'], strategy: 'most-frequent' },
  { step: 'log', columns: ['b'], offset: 1 },
  { step: 'standardise', columns: ['a', 'b'] },
  { step: 'min-max', columns: ['d'] },
  { step: 'one-hot', columns: ['c'], drop: 'first' },
];

const positive = fc.double({ min: 0, max: 1e9, noNaN: true });
const orMissing = <Value>(value: fc.Arbitrary<Value>, missing: Value): fc.Arbitrary<Value> =>
  fc.oneof({ arbitrary: value, weight: 5 }, { arbitrary: fc.constant(missing), weight: 1 });
const row = fc.record({
  a: orMissing(fc.double({ min: -1e9, max: 1e9, noNaN: true }), NaN),
  b: orMissing(positive, NaN),
  c: orMissing(fc.nat(2), -1),
  d: orMissing(positive, NaN),
});
type RandomRow = { a: number; b: number; c: number; d: number };

function tableFrom(rows: RandomRow[]): Table {
  const numbers = (name: 'a' | 'b' | 'd'): [string, Column] => [name, { kind: 'number', values: Float64Array.from(rows, (entry) => entry[name]) }];
  const category: Column = { kind: 'category', codes: Int32Array.from(rows, (entry) => entry.c), levels: LEVELS };
  return tableOf([numbers('a'), numbers('b'), ['c', category], numbers('d')]);
}

/** The bits of every value, so that -0 and 0 differ. */
function bitsOf(values: Float64Array): string[] {
  return Array.from(new BigUint64Array(values.slice().buffer), String);
}

const usable = fc
  .array(row, { minLength: 1, maxLength: 30 })
  .filter((rows) => ['a', 'b', 'c'].every((name) => rows.some((entry) => !Number.isNaN(entry.d) && entry[name as 'a'] >= (name === 'c' ? 0 : -Infinity))));

describe('the pipeline', () => {
  it('gives a row alone the same bits as in a batch, also after it went through JSON', () => {
    fc.assert(
      fc.property(usable, fc.array(row, { minLength: 1, maxLength: 20 }), (training, served) => {
        const fitted = fitPipeline(STEPS, tableFrom(training));
        const stored = parsePipeline(JSON.parse(JSON.stringify(fitted)));
        const batch = applyPipeline(fitted, tableFrom(served));
        const design = designMatrix(fitted, batch.table);
        const alone = served.flatMap((entry, at) => {
          const single = applyPipeline(stored, tableFrom([entry]));
          return single.keptRows.length === 0 ? [] : [{ at, bits: bitsOf(designMatrix(stored, single.table).values) }];
        });
        expect(alone.map(({ at }) => at)).toEqual([...batch.keptRows]);
        expect(alone.flatMap(({ bits }) => bits)).toEqual(bitsOf(design.values));
      }),
    );
  });

  it('learns from the rows it is fitted on and from nothing else', () => {
    fc.assert(
      fc.property(usable, usable, (training, other) => {
        const whole = tableFrom([...training, ...other]);
        const first = Int32Array.from(training, (_, at) => at);
        expect(fitPipeline(STEPS, takeRows(whole, first))).toEqual(fitPipeline(STEPS, tableFrom(training)));
      }),
    );
  });

  it('names each design column and the feature it comes from', () => {
    const table = tableFrom([
      { a: 1, b: 2, c: 0, d: 3 },
      { a: 2, b: 5, c: 2, d: 4 },
    ]);
    const fitted = fitPipeline(STEPS, table);
    const design = designMatrix(fitted, applyPipeline(fitted, table).table);
    expect(design.names).toEqual(['a', 'b', 'c=mild', 'c=severe', 'd']);
    expect(design.features).toEqual(['a', 'b', 'c', 'c', 'd']);
    expect([design.rows, design.cols, design.values.length]).toEqual([2, 5, 10]);
    expect([...design.values.subarray(5)].slice(2)).toEqual([0, 1, 1]);
  });

  it('drops rows that miss a value and says which it kept', () => {
    const table = tableFrom([
      { a: 1, b: 1, c: 0, d: NaN },
      { a: 2, b: 2, c: 1, d: 1 },
      { a: 3, b: 3, c: 1, d: NaN },
      { a: 4, b: 4, c: 2, d: 9 },
    ]);
    const { keptRows, table: transformed } = applyPipeline(fitPipeline(STEPS, table), table);
    expect([...keptRows]).toEqual([1, 3]);
    expect(transformed.rowCount).toBe(2);
  });

  it('ignores columns that it was not fitted on and takes levels by their names', () => {
    const table = tableFrom([
      { a: 1, b: 1, c: 0, d: 1 },
      { a: 2, b: 3, c: 2, d: 2 },
    ]);
    const fitted = fitPipeline(STEPS, table);
    const category: Column = { kind: 'category', codes: Int32Array.of(2, 1), levels: ['severe', 'mild', 'none'].reverse() };
    const renamed: Column = { kind: 'category', codes: Int32Array.of(2, 0), levels: ['severe', 'mild', 'none'] };
    const given = Object.entries(table.columns).filter(([name]) => name !== 'c');
    const plain = applyPipeline(fitted, tableOf([...given, ['c', { ...category, codes: Int32Array.of(0, 2), levels: LEVELS }]]));
    const other = applyPipeline(fitted, tableOf([['extra', table.columns.a], ...given, ['c', renamed]]));
    expect(other.table).toEqual(plain.table);
  });

  it('refuses a level that it was not fitted with', () => {
    const table = tableFrom([
      { a: 1, b: 1, c: 0, d: 1 },
      { a: 2, b: 3, c: 2, d: 2 },
    ]);
    const strange: Column = { kind: 'category', codes: Int32Array.of(0, 3), levels: [...LEVELS, 'deadly'] };
    const given = Object.entries(table.columns).filter(([name]) => name !== 'c');
    expect(() => applyPipeline(fitPipeline(STEPS, table), tableOf([...given, ['c', strange]]))).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining('row 1, column c') }),
    );
  });

  it.each([
    { left: 'a category', steps: [{ step: 'drop-missing', columns: ['a'] }], code: 'INVALID_PARAMETERS', text: /column c is a category .* add a one-hot step/ },
    {
      left: 'a missing value',
      steps: [{ step: 'one-hot', columns: ['c'], drop: 'first' }],
      code: 'INVALID_DATA',
      text: /row 1, column a: a missing value .* impute or a drop-missing/,
    },
  ] satisfies { left: string; steps: PipelineStep[]; code: string; text: RegExp }[])(
    'refuses a design matrix with $left left in it, saying what to do',
    ({ steps, code, text }) => {
      const table = tableFrom([
        { a: 1, b: 1, c: 0, d: 1 },
        { a: NaN, b: 3, c: 2, d: 2 },
      ]);
      const fitted = fitPipeline(steps, table);
      const build = (): unknown => designMatrix(fitted, applyPipeline(fitted, table).table);
      expect(build).toThrow(expect.objectContaining({ code, message: expect.stringMatching(text) }));
    },
  );

  it('names the feature, not the encoded column, when a category is missing', () => {
    const fitted = fitPipeline([{ step: 'one-hot', columns: ['c'], drop: 'none' }], tableFrom([{ a: 1, b: 1, c: 0, d: 1 }]));
    expect(() => designMatrix(fitted, applyPipeline(fitted, tableFrom([{ a: 1, b: 1, c: -1, d: 1 }])).table)).toThrow(/row 0, column c: a missing value/);
  });

  const ONE = { a: 1, b: 1, c: 1, d: 1 };
  it.each([
    { what: 'no row', rows: [], steps: STEPS, code: 'TOO_FEW_ROWS' },
    { what: 'no row left', rows: [{ ...ONE, d: NaN }], steps: STEPS, code: 'TOO_FEW_ROWS' },
    { what: 'no row left at the end', rows: [{ ...ONE, d: NaN }], steps: [STEPS[0]], code: 'TOO_FEW_ROWS' },
    { what: 'a column that is missing everywhere', rows: [{ ...ONE, a: NaN }], steps: STEPS, code: 'INVALID_DATA' },
    { what: 'a category that is missing everywhere', rows: [{ ...ONE, c: -1 }], steps: STEPS, code: 'INVALID_DATA' },
    { what: 'a column named twice', rows: [ONE], steps: [{ step: 'standardise', columns: ['a', 'a'] }], code: 'INVALID_PARAMETERS' },
    { what: 'a number step on a category', rows: [ONE], steps: [{ step: 'standardise', columns: ['c'] }], code: 'INVALID_PARAMETERS' },
    { what: 'one-hot of a number', rows: [ONE], steps: [{ step: 'one-hot', columns: ['a'], drop: 'first' }], code: 'INVALID_PARAMETERS' },
    { what: 'a column that is not there', rows: [ONE], steps: [{ step: 'log', columns: ['z'], offset: 0 }], code: 'SHAPE_MISMATCH' },
    { what: 'an infinite number', rows: [{ ...ONE, a: Infinity }], steps: [{ step: 'min-max', columns: ['a'] }], code: 'NOT_FINITE' },
  ] satisfies { what: string; rows: RandomRow[]; steps: PipelineStep[]; code: string }[])('refuses to be fitted with $what', ({ rows, steps, code }) => {
    expect(() => fitPipeline(steps, tableFrom(rows))).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a table without one of its columns, or with another kind of column', () => {
    const table = tableFrom([
      { a: 1, b: 1, c: 0, d: 1 },
      { a: 2, b: 3, c: 2, d: 2 },
    ]);
    const fitted = fitPipeline(STEPS, table);
    const without = Object.entries(table.columns).filter(([name]) => name !== 'a');
    expect(() => applyPipeline(fitted, tableOf(without))).toThrow(/no column a/);
    expect(() => applyPipeline(fitted, tableOf([...without, ['a', columnOf(table, 'c')]]))).toThrow(
      /column a is a category; the pipeline was fitted on a number/,
    );
  });

  it.each<[string, (stored: Record<string, unknown>) => unknown]>([
    ['nothing', () => null],
    ['another schema', (stored) => ({ ...stored, schema: 'salus.pipeline/2' })],
    ['a step that does not exist', (stored) => ({ ...stored, steps: [{ step: 'shuffle', columns: [] }] })],
    ['a step without what it learned', (stored) => ({ ...stored, steps: [{ step: 'standardise', columns: [{ column: 'a', mean: 1 }] }] })],
    ['a scale of 0', (stored) => ({ ...stored, steps: [{ step: 'standardise', columns: [{ column: 'a', mean: 1, scale: 0 }] }] })],
  ])('is not read back from %s', (_, spoil) => {
    const fitted = fitPipeline(
      STEPS,
      tableFrom([
        { a: 1, b: 1, c: 0, d: 1 },
        { a: 2, b: 3, c: 2, d: 2 },
      ]),
    );
    expect(() => parsePipeline(spoil(JSON.parse(JSON.stringify(fitted)) as Record<string, unknown>))).toThrow(expect.objectContaining({ code: 'INTEGRITY' }));
  });
});
