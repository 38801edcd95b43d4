import { columnOf, tableOf, takeRows, type Column } from './table';

const numbers = (...values: number[]): Column => ({ kind: 'number', values: Float64Array.from(values) });

describe('a table', () => {
  it('refuses columns of different lengths, naming the column', () => {
    expect(() =>
      tableOf([
        ['a', numbers(1, 2)],
        ['b', numbers(1)],
      ]),
    ).toThrow(/column b has 1 rows; expected 2/);
  });

  it('keeps a column called __proto__ as a column', () => {
    const table = tableOf([['__proto__', numbers(7)]]);
    expect(columnOf(table, '__proto__')).toEqual(numbers(7));
    expect(Object.keys(takeRows(table, [0]).columns)).toEqual(['__proto__']);
  });

  it('finds no column in what every object inherits', () => {
    expect(() => columnOf(tableOf([['a', numbers(1)]]), 'constructor')).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH', details: { column: 'constructor' } }),
    );
  });

  it('takes rows in the order asked for, some twice', () => {
    const category: Column = { kind: 'category', codes: Int32Array.of(1, -1, 0), levels: ['x', 'y'] };
    const taken = takeRows(
      tableOf([
        ['a', numbers(10, NaN, 30)],
        ['c', category],
      ]),
      [2, 0, 2, 1],
    );
    expect(taken.rowCount).toBe(4);
    expect(taken.columns.a).toEqual(numbers(30, 10, 30, NaN));
    expect(taken.columns.c).toEqual({ ...category, codes: Int32Array.of(0, 1, 0, -1) });
  });

  it.each([-1, 2, 0.5, NaN])('refuses %p as a row of a table with two rows', (row) => {
    expect(() => takeRows(tableOf([['a', numbers(1, 2)]]), [row])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });
});
