import { foldsOf } from '@salus/evaluation';
import { takeDesignRows, type Design } from '../design';
import { fitLearner, predict } from '../learn';
import type { FittedModel, TrainingData } from '../learner';
import { simulateRows } from '../simulated-rows.conformance';
import { loadModel, saveModel, type SavedModel } from '../trained-model';
import { crossConformal, predictionIntervals, type CrossConformal } from './cross-conformal';

const SEED = 5;
const fit = (data: TrainingData): Promise<FittedModel> => fitLearner('ols', data, { seed: SEED });
const calibrate = async (data: TrainingData, method: CrossConformal['method']): Promise<CrossConformal> =>
  crossConformal(await fit(data), data, {
    seed: SEED,
    independentRows: method === 'jackknife+',
    assignFolds: (folds) => foldsOf(data.design.rows, { folds, seed: SEED }),
  });
const rowsOf = (data: TrainingData, rows: number[]): TrainingData => ({
  design: takeDesignRows(data.design, rows),
  target: Float64Array.from(rows, (row) => data.target[row]),
});

/** The definition word for word: fit without each fold, form all n sums, sort, take the ranks. */
async function byDefinition(data: TrainingData, design: Design, { foldOf, level }: { foldOf: Int32Array; level: number }): Promise<[number, number][]> {
  const n = data.design.rows;
  const lows: number[][] = Array.from({ length: design.rows }, () => []);
  const highs: number[][] = Array.from({ length: design.rows }, () => []);
  for (const fold of new Set(foldOf)) {
    const inside = Array.from(foldOf.keys()).filter((row) => foldOf[row] === fold);
    const model = await fit(
      rowsOf(
        data,
        Array.from(foldOf.keys()).filter((row) => foldOf[row] !== fold),
      ),
    );
    const own = await predict(model, takeDesignRows(data.design, inside));
    const asked = await predict(model, design);
    inside.forEach((row, i) => {
      const residual = Math.abs(data.target[row] - own[i]);
      asked.forEach((prediction, x) => {
        lows[x].push(prediction - residual);
        highs[x].push(prediction + residual);
      });
    });
  }
  const upper = Math.ceil(level * (n + 1));
  const at = (sums: number[], rank: number): number => sums.sort((a, b) => a - b)[rank - 1];
  return lows.map((low, x) => [at(low, n + 1 - upper), at(highs[x], upper)]);
}

describe('jackknife+ and CV+ intervals', () => {
  const data = simulateRows({ rows: 45, cols: 3, seed: 20 });
  const { design } = simulateRows({ rows: 12, cols: 3, seed: 21 });

  it('by the leverages equal explicit fits without each row', async () => {
    const calibration = await calibrate(data, 'jackknife+');
    expect(calibration.method).toBe('jackknife+');
    for (const level of [0.5, 0.8, 0.9, 0.95]) {
      const expected = await byDefinition(data, design, { foldOf: Int32Array.from({ length: 45 }, (_, row) => row), level });
      predictionIntervals(calibration, design, level).forEach(({ lower, upper }, x) => {
        expect(Math.abs(lower! - expected[x][0])).toBeLessThan(1e-9);
        expect(Math.abs(upper! - expected[x][1])).toBeLessThan(1e-9);
      });
    }
  });

  it('with folds equal the definition', async () => {
    const calibration = await calibrate(data, 'cv+');
    expect(calibration.method).toBe('cv+');
    expect(calibration.models.intercepts).toHaveLength(20);
    const expected = await byDefinition(data, design, { foldOf: foldsOf(45, { folds: 20, seed: SEED }), level: 0.9 });
    predictionIntervals(calibration, design, 0.9).forEach(({ lower, upper }, x) => {
      expect(Math.abs(lower! - expected[x][0])).toBeLessThan(1e-9);
      expect(Math.abs(upper! - expected[x][1])).toBeLessThan(1e-9);
    });
  });

  it.each(['jackknife+', 'cv+'] as const)('%s at 90 % hold .87–.93 of new rows, as a mean over 20 seeds', async (method) => {
    let held = 0;
    for (let seed = 0; seed < 20; seed++) {
      const all = simulateRows({ rows: 300, cols: 4, seed: 100 + seed, noise: 3 });
      const calibration = await calibrate(
        rowsOf(
          all,
          Array.from({ length: 100 }, (_, row) => row),
        ),
        method,
      );
      const fresh = rowsOf(
        all,
        Array.from({ length: 200 }, (_, row) => 100 + row),
      );
      held += predictionIntervals(calibration, fresh.design, 0.9).filter(
        ({ lower, upper }, i) => lower! <= fresh.target[i] && fresh.target[i] <= upper!,
      ).length;
    }
    const coverage = held / 4_000;
    expect(coverage).toBeGreaterThan(0.87);
    expect(coverage).toBeLessThan(0.93);
  });

  it('grow with the level and hold the prediction', async () => {
    const calibration = await calibrate(data, 'jackknife+');
    const predictions = await predict(await fit(data), design);
    const [narrow, wide] = [0.6, 0.95].map((level) => predictionIntervals(calibration, design, level));
    predictions.forEach((value, x) => {
      expect(narrow[x].lower! < value && value < narrow[x].upper!).toBe(true);
      expect(wide[x].lower! < narrow[x].lower! && narrow[x].upper! < wide[x].upper!).toBe(true);
    });
  });

  it('have no finite bound at a level above n / (n + 1), and say so by null', async () => {
    const calibration = await calibrate(data, 'jackknife+');
    expect(predictionIntervals(calibration, design, 0.98)[0]).toEqual({ level: 0.98, lower: null, upper: null });
    expect(predictionIntervals(calibration, design, 45 / 46)[0]).toEqual({ level: 45 / 46, lower: expect.any(Number), upper: expect.any(Number) });
  });

  it('keep the rows of a patient in one fold when told to', async () => {
    const patients = Array.from({ length: 45 }, (_, row) => `p${Math.floor(row / 5)}`);
    const fitted = await fit(data);
    const calibration = await crossConformal(fitted, data, {
      seed: SEED,
      independentRows: false,
      assignFolds: (folds) => foldsOf(45, { folds, seed: SEED, groups: patients }),
    });
    expect(calibration.method).toBe('cv+');
    expect(calibration.models.intercepts).toHaveLength(9);
  });

  it('are calibrated also when a fold takes the only rows of a level away', async () => {
    const values = data.design.values.slice();
    for (let i = 0; i < 45; i++) values[i * 3 + 1] = Number(i === 7 || i === 30);
    const rare = { ...data, design: { ...data.design, values } };
    const together = Int32Array.from({ length: 45 }, (_, row) => (row === 7 || row === 30 ? 0 : 1 + (row % 4)));
    const calibration = await crossConformal(await fit(rare), rare, { seed: SEED, independentRows: false, assignFolds: () => together });
    expect(calibration.models.coefficients[1]).toBe(0);
    expect(calibration.residuals.every(Number.isFinite)).toBe(true);
  });

  it.each([0, 1, -0.5, NaN, 90])('refuse the level %p', async (level) => {
    const calibration = await calibrate(data, 'jackknife+');
    expect(() => predictionIntervals(calibration, design, level)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETERS' }));
  });

  it.each([
    { what: 'an empty fold', foldOf: Int32Array.from({ length: 45 }, (_, row) => 2 * (row % 3)) },
    { what: 'too few fold numbers', foldOf: Int32Array.of(0, 1) },
    { what: 'a single fold', foldOf: new Int32Array(45) },
  ])('refuse $what', async ({ foldOf }) => {
    const options = { seed: SEED, independentRows: false, assignFolds: () => foldOf };
    await expect(crossConformal(await fit(data), data, options)).rejects.toEqual(expect.objectContaining({ code: 'INVALID_PARAMETERS' }));
  });

  it('tell their progress and stop when cancelled', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const options = {
      seed: SEED,
      independentRows: false,
      assignFolds: (folds: number) => foldsOf(45, { folds, seed: SEED }),
      signal: stop.signal,
      progress: ({ fraction }: { fraction: number }): void => {
        seen.push(fraction);
        if (seen.length === 3) stop.abort();
      },
    };
    await expect(crossConformal(await fit(data), data, options)).rejects.toEqual(expect.objectContaining({ code: 'CANCELLED' }));
    expect(seen).toEqual([0.05, 0.1, 0.15]);
  });

  it('are the same bits after they were saved and loaded', async () => {
    for (const method of ['jackknife+', 'cv+'] as const) {
      const uncertainty = await calibrate(data, method);
      const saved = saveModel({ fitted: await fit(data), uncertainty });
      const loaded = loadModel({ state: JSON.parse(JSON.stringify(saved.state)) as SavedModel['state'], weights: saved.weights });
      expect(loaded.uncertainty).toEqual(uncertainty);
      expect(predictionIntervals(loaded.uncertainty!, design, 0.9)).toEqual(predictionIntervals(uncertainty, design, 0.9));
    }
  });
});
