/**
 * The whole numeric way of models/blood-pressure – table, split, pipeline, least squares, evaluation – against figures that
 * scikit-learn 1.2.1 gives for the same rows.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestSchema } from '@salus/contracts';
import { evaluateRegression, foldsOf, splitRows } from '@salus/evaluation';
import {
  applyPipeline,
  checkPipeline,
  coefficientsInOriginalUnits,
  designMatrix,
  fitPipeline,
  parsePipeline,
  tableFromRows,
  takeRows,
  type Row,
} from '@salus/features';
import { crossConformal, explain, fitLearner, linearTermsOf, loadModel, predict, predictionIntervals, saveModel } from '../index';

const FOLDER = join(__dirname, '../../../../models/blood-pressure');
const SKLEARN = {
  intercept: 40.273604427883555,
  coefficients: [0.2205495662523818, 5.73920696348437, 0.03630033995955806, 0.31075229558366524],
  metrics: { mse: 118.70751524166917, mae: 8.714204520988227, r2: 0.13536716302409635 },
};

interface ExampleFile {
  readonly request: { readonly rows: Row[] };
  readonly expect: { readonly predictions: number[]; readonly tolerance: number };
}

const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

async function trained() {
  const manifest = manifestSchema.parse(JSON.parse(read('model.json')));
  const [header, ...lines] = read(manifest.data!.file)
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const cell = (name: string) => (line: string[]) => Number(line[header.indexOf(name)]);
  const rows = lines.map((line): Row => Object.fromEntries(manifest.features.map(({ name }) => [name, cell(name)(line)])));
  const target = Float64Array.from(lines, cell(manifest.target.name));
  const table = tableFromRows(manifest.features, rows);
  const split = splitRows(manifest.split, table.rowCount, { seed: manifest.seed });
  const pipeline = fitPipeline(manifest.pipeline, takeRows(table, split.train));
  const designOf = (indices: Int32Array) => designMatrix(pipeline, applyPipeline(pipeline, takeRows(table, indices)).table);
  const data = { design: designOf(split.train), target: Float64Array.from(split.train, (row) => target[row]) };
  const options = { parameters: manifest.learner.parameters, seed: manifest.seed };
  const fitted = await fitLearner(manifest.learner.algorithm, data, options);
  const uncertainty = await crossConformal(fitted, data, {
    ...options,
    independentRows: true,
    assignFolds: (folds) => foldsOf(data.design.rows, { folds, seed: manifest.seed }),
  });
  const test = { design: designOf(split.test), target: Float64Array.from(split.test, (row) => target[row]) };
  return { manifest, rows, target, split, pipeline, data, fitted, uncertainty, test };
}

describe('models/blood-pressure', () => {
  it('has a manifest whose pipeline fits its features and whose ranges hold every row of its data', async () => {
    const { manifest, rows } = await trained();
    expect(() => checkPipeline(manifest.features, manifest.pipeline)).not.toThrow();
    expect(rows).toHaveLength(442);
  });

  it('gives scikit-learn’s intercept and coefficients in original units when fitted on standardised columns', async () => {
    const { pipeline, fitted, split } = await trained();
    const [intercept, ...slopes] = coefficientsInOriginalUnits(pipeline, linearTermsOf(fitted)!)!;
    expect(split.train).toHaveLength(354);
    expect(split.test).toHaveLength(88);
    expect(intercept.value).toBeCloseTo(SKLEARN.intercept, 9);
    slopes.forEach((slope, j) => expect(slope.value).toBeCloseTo(SKLEARN.coefficients[j], 11));
  });

  it('gives scikit-learn’s errors on the test split, inside their intervals', async () => {
    const { manifest, fitted, test } = await trained();
    const predicted = await predict(fitted, test.design);
    const metrics = evaluateRegression({ truth: test.target, predicted, metrics: manifest.metrics, seed: manifest.seed });
    const valueOf = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
    expect(valueOf.mse).toBeCloseTo(SKLEARN.metrics.mse, 9);
    expect(valueOf.mae).toBeCloseTo(SKLEARN.metrics.mae, 10);
    expect(valueOf.r2).toBeCloseTo(SKLEARN.metrics.r2, 11);
    for (const { value, lower, upper } of metrics) expect(lower < value && value < upper).toBe(true);
  });

  it('answers its golden examples after the model went through its stored form', async () => {
    const { manifest, pipeline, fitted, uncertainty } = await trained();
    const stored = JSON.parse(JSON.stringify({ pipeline, ...saveModel({ fitted, uncertainty }), weights: undefined })) as {
      pipeline: unknown;
      state: Record<string, unknown>;
    };
    const loaded = loadModel({ state: stored.state, weights: saveModel({ fitted, uncertainty }).weights });
    const examples = JSON.parse(read('examples.json')) as ExampleFile[];
    expect(examples.length).toBeGreaterThan(0);
    for (const { request, expect: golden } of examples) {
      const served = parsePipeline(stored.pipeline);
      const design = designMatrix(served, applyPipeline(served, tableFromRows(manifest.features, request.rows)).table);
      const predictions = await predict(loaded.fitted, design);
      expect(predictions).toHaveLength(golden.predictions.length);
      golden.predictions.forEach((value, i) => expect(Math.abs(predictions[i] - value)).toBeLessThanOrEqual(golden.tolerance));
    }
  });

  it('explains each test row by contributions that add up to its prediction', async () => {
    const { fitted, test, data } = await trained();
    const predictions = await predict(fitted, test.design);
    const explanations = await explain(fitted, test.design);
    const meanTraining = (await predict(fitted, data.design)).reduce((sum, value) => sum + value, 0) / data.design.rows;
    explanations.forEach(({ base, contributions }, i) => {
      expect(contributions.map(({ feature }) => feature)).toEqual(['age', 'sex', 's1', 's6']);
      expect(Math.abs(base + contributions.reduce((sum, { value }) => sum + value, 0) - predictions[i])).toBeLessThan(1e-9);
      expect(Math.abs(base - meanTraining)).toBeLessThan(1e-9);
    });
  });

  it('holds .9 of the test rows in its 90 % intervals, to within what 88 rows can show', async () => {
    const { manifest, uncertainty, test } = await trained();
    const intervals = predictionIntervals(uncertainty, test.design, manifest.level);
    const held = intervals.filter(({ lower, upper }, i) => lower! <= test.target[i] && test.target[i] <= upper!).length;
    // three standard errors of a proportion of .9 over 88 rows
    expect(Math.abs(held / 88 - 0.9)).toBeLessThan(3 * Math.sqrt((0.9 * 0.1) / 88));
  });
});
