import type { Feature } from '@salus/contracts';
import { tableOf, type Column } from './table';
import { typicalRow } from './typical-row';

const age: Feature = { name: 'age', title: 'Age', type: 'number', unit: 'a', minimum: 0, maximum: 120, integer: true, missing: 'allow' };
const ward: Feature = { name: 'ward', title: 'Ward', type: 'category', levels: ['a', 'b', 'c'], missing: 'allow' };
const numbers = (...values: number[]): Column => ({ kind: 'number', values: Float64Array.from(values) });
const category = (...codes: number[]): Column => ({ kind: 'category', codes: Int32Array.from(codes), levels: ['a', 'b', 'c'] });

describe('the typical row', () => {
  it('has the lower median of each number and the most frequent level of each category, without missing values', () => {
    expect(
      typicalRow(
        [age, ward],
        tableOf([
          ['age', numbers(NaN, 70, 20, 50, 30)],
          ['ward', category(2, 1, 1, -1, 2)],
        ]),
      ),
    ).toEqual({ age: 30, ward: 'b' });
  });

  it('holds an integer for an integer feature', () => {
    expect(typicalRow([age], tableOf([['age', numbers(30.6)]]))).toEqual({ age: 31 });
  });

  it('is refused when a feature is missing in every row', () => {
    expect(() => typicalRow([ward], tableOf([['ward', category(-1, -1)]]))).toThrow(
      expect.objectContaining({ code: 'TOO_FEW_ROWS', details: { column: 'ward' } }),
    );
  });
});
