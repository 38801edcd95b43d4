import fc from 'fast-check';
import { householderQr, solveUpper, solveUpperTransposed } from './householder-qr';

const TOLERANCE = 1e-9;
/** Columns of norm 1 as lists. */
const unit = (column: number[]): number[] => column.map((value) => value / Math.hypot(...column));
const factorise = (columns: number[][], vector: number[]) =>
  householderQr({ columns: Float64Array.from(columns.flat()), rows: vector.length, cols: columns.length, vector: Float64Array.from(vector) }, TOLERANCE);

describe('Householder QR', () => {
  it('gives the least-squares solution: the residual is at right angles to every column', () => {
    const entry = fc.integer({ min: -100, max: 100 });
    const problem = fc.integer({ min: 1, max: 5 }).chain((cols) =>
      fc.record({
        columns: fc.array(fc.array(entry, { minLength: 8, maxLength: 8 }), { minLength: cols, maxLength: cols }),
        vector: fc.array(entry, { minLength: 8, maxLength: 8 }),
      }),
    );
    fc.assert(
      fc.property(problem, ({ columns, vector }) => {
        fc.pre(columns.every((column) => Math.hypot(...column) > 0));
        const scaled = columns.map(unit);
        const { kept, r, qty, dependent } = factorise(scaled, vector);
        expect(kept.length + dependent.length).toBe(columns.length);
        const solution = solveUpper(r, qty.slice(0, kept.length));
        const residual = vector.map((value, i) => value - kept.reduce((sum, column, k) => sum + scaled[column][i] * solution[k], 0));
        for (const column of scaled) expect(Math.abs(column.reduce((sum, value, i) => sum + value * residual[i], 0))).toBeLessThan(1e-7);
        const tail = Math.hypot(...qty.slice(kept.length));
        expect(Math.abs(tail - Math.hypot(...residual))).toBeLessThan(1e-9 * Math.max(1, tail));
      }),
    );
  });

  it('keeps RᵀR equal to the Gram matrix', () => {
    const columns = [unit([1, 2, 3, 4]), unit([2, -1, 0, 5]), unit([0, 1, 1, -3])];
    const { r } = factorise(columns, [1, 1, 1, 1]);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const gram = columns[i].reduce((sum, value, row) => sum + value * columns[j][row], 0);
        let product = 0;
        for (let k = 0; k < 3; k++) product += r[k * 3 + i] * r[k * 3 + j];
        expect(product).toBeCloseTo(gram, 14);
      }
    }
  });

  it('sets a combination of earlier columns aside and names exactly those that make it up', () => {
    const [a, b, c] = [
      [1, 2, 0, 1, 3],
      [0, 1, 1, 2, 1],
      [5, 0, 1, 1, 2],
    ];
    const sum = a.map((value, i) => 2 * value - c[i]);
    const { kept, dependent } = factorise([a, b, c, sum].map(unit), [1, 2, 3, 4, 5]);
    expect([...kept]).toEqual([0, 1, 2]);
    expect(dependent).toEqual([{ column: 3, dependsOn: [0, 2] }]);
  });

  it('goes on behind a column that it set aside, and takes a column of zeros as one', () => {
    const { kept, dependent } = factorise([[0, 0, 0], unit([1, 2, 2]), unit([2, 4, 4]), unit([0, 1, -1])], [1, 0, 0]);
    expect([...kept]).toEqual([1, 3]);
    expect(dependent).toEqual([
      { column: 0, dependsOn: [] },
      { column: 2, dependsOn: [1] },
    ]);
  });

  it('sets the columns aside that have no row left', () => {
    const { kept, dependent } = factorise([unit([1, 2]), unit([3, 1]), unit([1, -1])], [1, 1]);
    expect([...kept]).toEqual([0, 1]);
    expect(dependent.map(({ column }) => column)).toEqual([2]);
  });

  it('tells a column a millionth away from a combination from one a billionth of a millionth away', () => {
    const base = unit([1, 1, 1, 1]);
    const moved = (by: number): number[] => unit([1 + by, 1, 1, 1]);
    expect(factorise([base, moved(1e-6)], [1, 2, 3, 4]).dependent).toEqual([]);
    expect(factorise([base, moved(1e-15)], [1, 2, 3, 4]).dependent).toHaveLength(1);
  });
});

describe('triangular systems', () => {
  it('are solved from either side', () => {
    const r = Float64Array.of(2, 1, -1, 0, 3, 2, 0, 0, 4);
    expect([...solveUpper(r, Float64Array.of(1, 13, 8))]).toEqual([0, 3, 2]);
    expect([...solveUpperTransposed(r, Float64Array.of(2, 7, 11))]).toEqual([1, 2, 2]);
  });
});
