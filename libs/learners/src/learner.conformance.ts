/** What every learner must do, tested by what it declares. A new learner's folder is found and goes through it unasked. */
import fc from 'fast-check';
import { takeDesignRows, type Design } from './design';
import { explain, fitLearner, predict } from './learn';
import type { FittedModel, Learner, TrainingData } from './learner';
import { resolveParameters } from './parameters';
import { simulateRows } from './simulated-rows.conformance';
import { loadModel, saveModel } from './trained-model';

const SEED = 20260101;

/** The rows that a suite of this task learns from. */
function trainingRows(learner: Learner): TrainingData {
  if (learner.task === 'regression') return simulateRows({ rows: 80, cols: 4, seed: 1 });
  throw new Error(`the suite has no rows for task ${String(learner.task)}`);
}

function bitsOf(values: Float64Array): string[] {
  return Array.from(new BigUint64Array(values.slice().buffer), String);
}

/** Runs the suite over one learner. */
export function learnerConformance(learner: Learner): void {
  const { algorithm, capabilities } = learner;
  const data = trainingRows(learner);
  const fit = (changed: Partial<TrainingData> = {}, seed = SEED): Promise<FittedModel> => fitLearner(algorithm, { ...data, ...changed }, { seed });
  const spoiled = (at: number, value: number): Design => ({ ...data.design, values: data.design.values.with(at, value) });

  describe(`learner ${algorithm}`, () => {
    it('documents itself: summary, source, and for each parameter a sentence and a default that fits', () => {
      expect(learner.summary).toMatch(/\S.*\.$/);
      expect(learner.source.length).toBeGreaterThan(10);
      for (const spec of Object.values(learner.parameters)) expect(spec.summary).toMatch(/\S.*\.$/);
      const defaults = Object.fromEntries(Object.entries(learner.parameters).map(([name, spec]) => [name, spec.default]));
      expect(resolveParameters(learner.parameters, {})).toEqual(defaults);
    });

    it('gives the same bits from the same data and seed, and leaves its data as it was', async () => {
      const before = { values: bitsOf(data.design.values), target: bitsOf(data.target) };
      const [first, second] = [saveModel({ fitted: await fit() }), saveModel({ fitted: await fit() })];
      expect(first).toEqual(second);
      expect({ values: bitsOf(data.design.values), target: bitsOf(data.target) }).toEqual(before);
      if (!capabilities.usesRandomness) expect(saveModel({ fitted: await fit({}, SEED + 1) })).toEqual(first);
    });

    it('predicts a row alone with the same bits as in a batch', async () => {
      const fitted = await fit();
      const batch = bitsOf(await predict(fitted, data.design));
      for (let row = 0; row < data.design.rows; row++) {
        expect(bitsOf(await predict(fitted, takeDesignRows(data.design, [row])))).toEqual([batch[row]]);
      }
    });

    it('predicts nothing for no rows', async () => {
      expect(await predict(await fit(), takeDesignRows(data.design, []))).toHaveLength(0);
    });

    it('predicts and explains with the same bits after it was saved and loaded through JSON', async () => {
      const fitted = await fit();
      const { state, weights } = saveModel({ fitted });
      const loaded = loadModel({ state: JSON.parse(JSON.stringify(state)) as Record<string, unknown>, weights: weights.slice() }).fitted;
      expect(bitsOf(await predict(loaded, data.design))).toEqual(bitsOf(await predict(fitted, data.design)));
      if (capabilities.explanation !== 'none') expect(await explain(loaded, data.design)).toEqual(await explain(fitted, data.design));
      expect(learner.summarise(loaded)).toEqual(learner.summarise(fitted));
    });

    it.each([NaN, Infinity, -Infinity])('refuses %p in design, target and weights, naming where', async (value) => {
      const notFinite = (details: object): unknown => expect.objectContaining({ code: 'NOT_FINITE', details: expect.objectContaining(details) });
      await expect(fit({ design: spoiled(6, value) })).rejects.toEqual(notFinite({ row: 1, column: data.design.names[2] }));
      await expect(fit({ target: data.target.with(3, value) })).rejects.toEqual(notFinite({ argument: 'target', row: 3 }));
      await expect(predict(await fit(), spoiled(6, value))).rejects.toEqual(notFinite({ row: 1, column: data.design.names[2] }));
    });

    it('refuses a target of another length, a design of another shape, other columns and an unfitted model', async () => {
      const mismatch = expect.objectContaining({ code: 'SHAPE_MISMATCH' });
      const renamed = { ...data.design, names: [...data.design.names].reverse() };
      await expect(fit({ target: data.target.slice(1) })).rejects.toEqual(mismatch);
      await expect(fit({ design: { ...data.design, rows: 81 } })).rejects.toEqual(mismatch);
      await expect(predict(await fit(), renamed)).rejects.toEqual(mismatch);
      await expect(predict({} as FittedModel, data.design)).rejects.toEqual(expect.objectContaining({ code: 'NOT_FITTED' }));
    });

    it('refuses a parameter that it does not have', async () => {
      const problem = fitLearner(algorithm, data, { seed: SEED, parameters: { toString: 1 } });
      await expect(problem).rejects.toEqual(
        expect.objectContaining({ code: 'INVALID_PARAMETERS', details: { issues: [expect.objectContaining({ parameter: 'toString' })] } }),
      );
    });

    it('refuses no rows at all', async () => {
      const none = { design: takeDesignRows(data.design, []), target: new Float64Array(0) };
      await expect(fit(none)).rejects.toEqual(expect.objectContaining({ code: 'TOO_FEW_ROWS' }));
    });

    it('does not start when it was cancelled before', async () => {
      await expect(fitLearner(algorithm, data, { seed: SEED, signal: AbortSignal.abort() })).rejects.toEqual(expect.objectContaining({ code: 'CANCELLED' }));
    });

    if (capabilities.rowWeights) {
      it('takes a weight of k as k repetitions of the row, in its predictions', async () => {
        const counts = fc
          .array(fc.integer({ min: 0, max: 3 }), { minLength: 80, maxLength: 80 })
          .filter((drawn) => drawn.filter((count) => count > 0).length > 20);
        await fc.assert(
          fc.asyncProperty(counts, async (drawn) => {
            const repeated = drawn.flatMap((count, row) => Array.from({ length: count }, () => row));
            const byWeight = await predict(await fit({ weights: Float64Array.from(drawn) }), data.design);
            const rows = { design: takeDesignRows(data.design, repeated), target: Float64Array.from(repeated, (row) => data.target[row]) };
            const byRows = await predict(await fit(rows), data.design);
            byWeight.forEach((value, row) => expect(Math.abs(value - byRows[row])).toBeLessThan(1e-8));
          }),
          { numRuns: 15 },
        );
      });

      it('refuses a negative weight', async () => {
        await expect(fit({ weights: new Float64Array(80).fill(1).with(7, -1) })).rejects.toEqual(expect.objectContaining({ code: 'INVALID_PARAMETERS' }));
      });
    } else {
      it('refuses weights', async () => {
        await expect(fit({ weights: new Float64Array(80).fill(1) })).rejects.toEqual(expect.objectContaining({ code: 'INVALID_PARAMETERS' }));
      });
    }

    if (capabilities.explanation !== 'none') {
      it('explains by contributions that add up to the prediction, over the mean training prediction', async () => {
        const fitted = await fit();
        const predictions = await predict(fitted, data.design);
        const mean = predictions.reduce((sum, value) => sum + value, 0) / predictions.length;
        (await explain(fitted, data.design)).forEach(({ base, contributions }, row) => {
          expect(Math.abs(base - mean)).toBeLessThan(1e-9);
          expect(Math.abs(contributions.reduce((sum, { value }) => sum + value, base) - predictions[row])).toBeLessThan(1e-9);
        });
      });
    }

    if (capabilities.needsFullRank) {
      it('names collinear columns and says what to do', async () => {
        const { design } = data;
        const copy = { ...design, names: [...design.names, 'copy'], features: [...design.features, 'copy'], cols: 5, values: new Float64Array(400) };
        for (let i = 0; i < 80; i++) for (let j = 0; j < 5; j++) copy.values[i * 5 + j] = j < 4 ? design.values[i * 4 + j] : 2 * design.values[i * 4 + 1] - 7;
        const expected = {
          code: 'COLLINEAR',
          details: { columns: [{ column: 'copy', dependsOn: ['x1'] }] },
          message: expect.stringMatching(/copy is a linear combination of x1;.*take a column/),
        };
        await expect(fit({ design: copy })).rejects.toEqual(expect.objectContaining(expected));
      });
    }
  });
}
