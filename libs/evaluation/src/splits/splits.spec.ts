import type { SplitRule } from '@salus/contracts';
import fc from 'fast-check';
import { foldsOf } from './folds';
import { splitRows, type Split } from './split-rows';

const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const fraction = fc.double({ min: 0.001, max: 0.999, noNaN: true });

function expectPartition({ train, test }: Split, rowCount: number): void {
  expect(train.length > 0 && test.length > 0).toBe(true);
  expect([...train, ...test].sort((a, b) => a - b)).toEqual(Array.from({ length: rowCount }, (_, row) => row));
  for (const side of [train, test]) expect([...side]).toEqual([...side].sort((a, b) => a - b));
}

describe('a split', () => {
  it('by index takes the rows whose index leaves the remainder', () => {
    const { train, test } = splitRows({ by: 'index', every: 5, remainder: 4 }, 12, { seed: 0 });
    expect([...test]).toEqual([4, 9]);
    expect([...train]).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 10, 11]);
  });

  it('at random puts every row on one side, as many into the test split as the rounding says, the same from the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 300 }), fraction, seed, (rowCount, testFraction, value) => {
        const rule: SplitRule = { by: 'random', testFraction };
        const split = splitRows(rule, rowCount, { seed: value });
        expectPartition(split, rowCount);
        expect(split.test).toHaveLength(Math.min(rowCount - 1, Math.max(1, Math.round(rowCount * testFraction))));
        expect(splitRows(rule, rowCount, { seed: value })).toEqual(split);
      }),
    );
  });

  it('at random reaches every row about equally often', () => {
    const counts = new Float64Array(10);
    for (let value = 0; value < 2_000; value++) for (const row of splitRows({ by: 'random', testFraction: 0.3 }, 10, { seed: value }).test) counts[row]++;
    for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(4.5 * Math.sqrt(2_000 * 0.3 * 0.7));
  });

  it('by patient has no patient on both sides', () => {
    const patients = fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 2, maxLength: 120 }).filter((keys) => new Set(keys).size >= 2);
    fc.assert(
      fc.property(patients, fraction, seed, (keys, testFraction, value) => {
        const split = splitRows({ by: 'patient', testFraction }, keys.length, { seed: value, patients: keys });
        expectPartition(split, keys.length);
        const inTest = new Set([...split.test].map((row) => keys[row]));
        expect([...split.train].some((row) => inTest.has(keys[row]))).toBe(false);
        const count = new Set(keys).size;
        expect(inTest.size).toBe(Math.min(count - 1, Math.max(1, Math.round(count * testFraction))));
      }),
    );
  });

  it.each<[string, SplitRule, number, string]>([
    ['one row', { by: 'random', testFraction: 0.2 }, 1, 'TOO_FEW_ROWS'],
    ['too few rows for the remainder', { by: 'index', every: 5, remainder: 4 }, 4, 'TOO_FEW_ROWS'],
    ['a patient split without patients', { by: 'patient', testFraction: 0.2 }, 9, 'INVALID_PARAMETERS'],
    ['a fraction of 1', { by: 'random', testFraction: 1 }, 9, 'INVALID_PARAMETERS'],
  ])('refuses %s', (...[, rule, rowCount, code]) => {
    expect(() => splitRows(rule, rowCount, { seed: 0 })).toThrow(expect.objectContaining({ code }));
  });

  it.each<[string, (string | number)[], string]>([
    ['a single patient', ['a', 'a', 'a'], 'TOO_FEW_ROWS'],
    ['a row without a patient', ['a', '', 'b'], 'INVALID_DATA'],
    ['a missing code', [0, -1, 1], 'INVALID_DATA'],
    ['another number of patients than rows', ['a', 'b'], 'SHAPE_MISMATCH'],
  ])('by patient refuses %s', (_, patients, code) => {
    expect(() => splitRows({ by: 'patient', testFraction: 0.5 }, 3, { seed: 0, patients })).toThrow(expect.objectContaining({ code }));
  });
});

describe('folds', () => {
  const sizesOf = (foldOf: Int32Array): number[] => {
    const sizes: number[] = [];
    for (const fold of foldOf) sizes[fold] = (sizes[fold] ?? 0) + 1;
    return sizes;
  };

  it('differ by at most one row, none is empty, and there are no more than rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 2, max: 60 }), seed, (rowCount, folds, value) => {
        const sizes = sizesOf(foldsOf(rowCount, { folds, seed: value }));
        expect(sizes).toHaveLength(Math.min(folds, rowCount));
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(sizes.reduce((sum, size) => sum + size)).toBe(rowCount);
      }),
    );
  });

  it('keep a patient together, and no fold is empty', () => {
    const patients = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 150 }).filter((keys) => new Set(keys).size >= 2);
    fc.assert(
      fc.property(patients, fc.integer({ min: 2, max: 12 }), seed, (groups, folds, value) => {
        const foldOf = foldsOf(groups.length, { folds, seed: value, groups });
        expect(new Set(foldOf).size).toBe(Math.min(folds, new Set(groups).size));
        const foldOfGroup = new Map<number, number>();
        groups.forEach((group, row) => expect(foldOfGroup.set(group, foldOfGroup.get(group) ?? foldOf[row]).get(group)).toBe(foldOf[row]));
      }),
    );
  });

  it('with patients of unequal size stay of nearly equal size', () => {
    const groups = Array.from({ length: 60 }, (_, patient) => Array.from({ length: 1 + (patient % 5) }, () => patient)).flat();
    const sizes = sizesOf(foldsOf(groups.length, { folds: 6, seed: 5, groups }));
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(5);
  });

  it('depend on the seed', () => {
    expect(foldsOf(40, { folds: 4, seed: 1 })).not.toEqual(foldsOf(40, { folds: 4, seed: 2 }));
    expect(foldsOf(40, { folds: 4, seed: 1 })).toEqual(foldsOf(40, { folds: 4, seed: 1 }));
  });

  it.each([1, 0, 2.5, NaN])('refuse %p as their number', (folds) => {
    expect(() => foldsOf(10, { folds, seed: 0 })).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETERS' }));
  });

  it('refuse a single row and a single patient', () => {
    expect(() => foldsOf(1, { folds: 2, seed: 0 })).toThrow(expect.objectContaining({ code: 'TOO_FEW_ROWS' }));
    expect(() => foldsOf(3, { folds: 2, seed: 0, groups: ['a', 'a', 'a'] })).toThrow(expect.objectContaining({ code: 'TOO_FEW_ROWS' }));
  });
});
