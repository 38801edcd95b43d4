import type { Feature } from '@salus/contracts';
import { Fault } from '@salus/fault';
import fc from 'fast-check';
import { ISSUE_LIMIT, tableFromRows, type Row, type RowIssue } from './rows';

const age: Feature = { name: 'age', title: 'Age', type: 'number', unit: 'a', minimum: 0, maximum: 120, integer: true, missing: 'refuse' };
const glucose: Feature = { name: 'glucose', title: 'Glucose', type: 'number', unit: 'mg/dL', minimum: 30.5, maximum: 600, integer: false, missing: 'allow' };
const ward: Feature = { name: 'ward', title: 'Ward', type: 'category', levels: ['surgery', 'medicine'], missing: 'refuse' };
const FEATURES = [age, glucose, ward];
const GOOD: Row = { age: 61, glucose: 90.25, ward: 'medicine' };

function refused(rows: readonly unknown[], required?: ReadonlySet<string>): { issues: RowIssue[]; issueCount: number; fault: Fault } {
  try {
    tableFromRows(FEATURES, rows as Row[], required);
  } catch (error) {
    if (Fault.is(error) && error.code === 'INVALID_REQUEST') return { ...(error.details as { issues: RowIssue[]; issueCount: number }), fault: error };
    throw error;
  }
  throw new Error('the rows were accepted');
}

describe('rows of a request', () => {
  it('become columns in the order of the features, whatever the order of the fields', () => {
    const table = tableFromRows(FEATURES, [GOOD, { ward: 'surgery', age: 0, glucose: null }, { ward: 'surgery', age: 120 }]);
    expect(Object.keys(table.columns)).toEqual(['age', 'glucose', 'ward']);
    expect(table.columns.age).toEqual({ kind: 'number', values: Float64Array.of(61, 0, 120) });
    expect(table.columns.glucose).toEqual({ kind: 'number', values: Float64Array.of(90.25, NaN, NaN) });
    expect(table.columns.ward).toEqual({ kind: 'category', codes: Int32Array.of(1, 0, 0), levels: ward.levels });
  });

  it.each<[string, unknown, Partial<RowIssue>]>([
    ['an unknown field', { ...GOOD, bmi: 20 }, { field: 'bmi', received: 'an unknown field' }],
    ['a field called __proto__', JSON.parse('{"age":1,"ward":"surgery","__proto__":1}'), { field: '__proto__', received: 'an unknown field' }],
    ['a missing field', { glucose: 90, ward: 'surgery' }, { field: 'age', received: 'nothing' }],
    ['null where nothing may be missing', { ...GOOD, age: null }, { field: 'age', received: 'null' }],
    ['text for a number', { ...GOOD, age: '61' }, { field: 'age', received: 'string' }],
    ['a number for a category', { ...GOOD, ward: 1 }, { field: 'ward', received: 'number' }],
    ['a level that is not listed', { ...GOOD, ward: 'toString' }, { field: 'ward', received: 'string' }],
    ['a list for a number', { ...GOOD, age: [61] }, { field: 'age', received: 'array' }],
    ['a number below the range', { ...GOOD, glucose: 30.4 }, { field: 'glucose', received: 'number' }],
    ['a number above the range', { ...GOOD, age: 121 }, { field: 'age', expected: 'an integer from 0 to 120 (a)' }],
    ['a fraction for an integer', { ...GOOD, age: 61.5 }, { field: 'age', received: 'number' }],
    ['NaN', { ...GOOD, glucose: NaN }, { field: 'glucose', received: 'a number that is not finite' }],
    ['Infinity', { ...GOOD, glucose: Infinity }, { field: 'glucose', received: 'a number that is not finite' }],
    ['a row that is a list', [61], { field: '', received: 'array' }],
    ['a row that is null', null, { field: '', received: 'null' }],
  ])('refuse %s, naming row and field', (_, row, expected) => {
    const { issues, issueCount } = refused([GOOD, row]);
    expect(issueCount).toBe(1);
    expect(issues).toEqual([expect.objectContaining({ row: 1, ...expected })]);
  });

  it('refuse a missing value that the manifest allows where the pipeline would drop the row', () => {
    expect(refused([{ ...GOOD, glucose: null }], new Set(['glucose'])).issues).toEqual([
      { row: 0, field: 'glucose', expected: 'a number from 30.5 to 600 (mg/dL)', received: 'null' },
    ]);
  });

  it('tell every problem of every row at once, lowest row first', () => {
    const { issues } = refused([{ age: 'x', ward: 'attic' }, GOOD, { ...GOOD, age: -1, glucose: 0 }]);
    expect(issues.map(({ row, field }) => [row, field])).toEqual([
      [0, 'age'],
      [0, 'ward'],
      [2, 'age'],
      [2, 'glucose'],
    ]);
  });

  it('tell the first hundred problems and how many there are', () => {
    const { issues, issueCount } = refused(Array.from({ length: 500 }, () => ({ ...GOOD, age: 'x', ward: 3 })));
    expect(issueCount).toBe(1_000);
    expect(issues).toHaveLength(ISSUE_LIMIT);
    expect(issues.at(-1)!.row).toBe(49);
  });

  it('never repeat a value that was sent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000, max: 9_999_999 }), fc.string({ minLength: 12, unit: fc.constantFrom('q', 'Q', 'j') }), (number, text) => {
        const { fault } = refused([{ age: number, glucose: text, ward: text }]);
        const told = fault.message + JSON.stringify(fault.details);
        expect(told.includes(String(number)) || told.includes(text)).toBe(false);
      }),
    );
  });

  it('make a table of no rows from no rows', () => {
    expect(tableFromRows(FEATURES, []).rowCount).toBe(0);
  });
});
