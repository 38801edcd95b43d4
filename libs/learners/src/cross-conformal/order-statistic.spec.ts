import fc from 'fast-check';
import { byBisection, bySelection, quickselect, type FoldResiduals } from './order-statistic';

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe('quickselect', () => {
  it('gives what stands at the position after sorting, ties included', () => {
    const values = fc.oneof(fc.array(finite, { minLength: 1, maxLength: 60 }), fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 }));
    fc.assert(
      fc.property(values, fc.nat(), (drawn, at) => {
        const position = at % drawn.length;
        expect(quickselect(Float64Array.from(drawn), position)).toBe(Float64Array.from(drawn).sort()[position]);
      }),
    );
  });

  it.each(['ascending', 'descending', 'equal'])('ends on 20,000 %s values', (order) => {
    const values = Float64Array.from({ length: 20_000 }, (_, i) => (order === 'equal' ? 1 : order === 'ascending' ? i : -i));
    expect(quickselect(values.slice(), 12_345)).toBe(values.slice().sort()[12_345]);
  });
});

describe('the two ways to the rank-th smallest sum', () => {
  it('give the same bits as sorting all sums', () => {
    const folds = fc.array(fc.record({ shift: finite, residuals: fc.array(fc.double({ min: 0, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 12 }) }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(folds, fc.nat(), (drawn, at) => {
        const starts = Int32Array.from([0, ...drawn.map(({ residuals }) => residuals.length)]);
        for (let k = 1; k < starts.length; k++) starts[k] += starts[k - 1];
        const calibration: FoldResiduals = { starts, residuals: Float64Array.from(drawn.flatMap(({ residuals }) => [...residuals].sort((a, b) => a - b))) };
        const shifts = Float64Array.from(drawn, ({ shift }) => shift);
        const sums = Float64Array.from(drawn.flatMap(({ shift, residuals }) => residuals.map((residual) => shift + residual))).sort();
        const rank = 1 + (at % sums.length);
        expect(bySelection(calibration, shifts, rank)).toBe(sums[rank - 1]);
        // sorting may put -0 before 0, which no bisection can tell apart
        expect(byBisection(calibration, shifts, rank) + 0).toBe(sums[rank - 1] + 0);
      }),
      { numRuns: 500 },
    );
  });
});
