import { simulateRows } from '../simulated-rows.conformance';
import { householderQr, solveUpper } from './householder-qr';
import { reduceTall } from './tall-qr';

/** A problem of that many rows, columns of norm 1 or so. */
function problem(rows: number, cols: number) {
  const { design, target } = simulateRows({ rows, cols, seed: 40 + rows, spreads: 'equal' });
  const scale = 1 / Math.max(1, Math.sqrt(rows));
  const columns = Float64Array.from(
    { length: rows * cols },
    (_, at) => (design.values[(at % rows) * cols + Math.floor(at / rows)] - 10 * Math.floor(at / rows)) * scale,
  );
  return { columns, rows, cols, vector: target };
}

describe('the reduction of a tall problem', () => {
  it.each([0, 1, 3, 4, 5, 255, 256, 257, 512, 1_000])('keeps every product of two columns, with %p rows', (rows) => {
    const tall = problem(rows, 4);
    const small = reduceTall(tall);
    const all = [...Array.from({ length: 4 }, (_, j) => tall.columns.subarray(j * rows, (j + 1) * rows)), tall.vector];
    const reduced = [...Array.from({ length: 4 }, (_, j) => small.columns.subarray(j * 5, (j + 1) * 5)), small.vector];
    const product = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
    for (let j = 0; j < 5; j++) for (let k = 0; k <= j; k++) expect(product(reduced[j], reduced[k])).toBeCloseTo(product(all[j], all[k]), 9);
    for (let j = 0; j < 4; j++) for (let i = j + 1; i < 5; i++) expect(small.columns[j * 5 + i]).toBe(0);
  });

  it('has the solution of the whole problem', () => {
    const tall = problem(700, 4);
    const small = reduceTall(tall);
    const [whole, reduced] = [
      householderQr({ ...tall, columns: tall.columns.slice(), vector: tall.vector.slice() }, 1e-9),
      householderQr({ ...small, rows: 5, cols: 4 }, 1e-9),
    ];
    const expected = solveUpper(whole.r, whole.qty.slice(0, 4));
    solveUpper(reduced.r, reduced.qty.slice(0, 4)).forEach((value, j) => expect(value).toBeCloseTo(expected[j], 11));
  });

  it('leaves what it was given as it was', () => {
    const tall = problem(300, 2);
    const before = { columns: tall.columns.slice(), vector: tall.vector.slice() };
    reduceTall(tall);
    expect({ columns: tall.columns, vector: tall.vector }).toEqual(before);
  });
});
