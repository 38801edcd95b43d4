/** The fixture model with missing values, a category and patients, through the whole numeric way. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestSchema, type ModelManifest } from '@salus/contracts';
import { foldsOf, regressionMetric, splitRows } from '@salus/evaluation';
import {
  applyPipeline,
  coefficientsInOriginalUnits,
  designMatrix,
  fitPipeline,
  parsePipeline,
  pipelineProblems,
  tableFromRows,
  takeRows,
  type FittedPipeline,
  type Row,
} from '@salus/features';
import { crossConformal, fitLearner, linearTermsOf, loadModel, predict, predictionIntervals, saveModel } from '../index';
import { PATIENTS, WARD_DAYS, recoveryCsv } from './recovery-rows.conformance';

const FOLDER = join(__dirname, '../../../registry/fixtures/models/recovery-time');

function readRows(manifest: ModelManifest): { rows: Row[]; target: Float64Array; patients: string[] } {
  const lines = recoveryCsv()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  const rows = lines.map(([, age, crp, ward]): Row => ({ age: Number(age), crp: crp === '' ? null : Number(crp), ward: ward === '' ? null : ward }));
  expect(manifest.features.map(({ name }) => name)).toEqual(['age', 'crp', 'ward']);
  return { rows, target: Float64Array.from(lines, (line) => Number(line[4])), patients: lines.map(([patient]) => patient) };
}

async function trained() {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(FOLDER, 'model.json'), 'utf8')));
  const { rows, target, patients } = readRows(manifest);
  const table = tableFromRows(manifest.features, rows);
  const split = splitRows(manifest.split, rows.length, { seed: manifest.seed, patients });
  const pipeline = fitPipeline(manifest.pipeline, takeRows(table, split.train));
  const sideOf = (indices: Int32Array) => ({
    design: designMatrix(pipeline, applyPipeline(pipeline, takeRows(table, indices)).table),
    target: Float64Array.from(indices, (row) => target[row]),
  });
  const train = sideOf(split.train);
  const fitted = await fitLearner('ols', train, { seed: manifest.seed });
  const groups = Array.from(split.train, (row) => patients[row]);
  const uncertainty = await crossConformal(fitted, train, {
    seed: manifest.seed,
    independentRows: false,
    assignFolds: (folds) => foldsOf(groups.length, { folds, seed: manifest.seed, groups }),
  });
  return { manifest, rows, patients, split, pipeline, fitted, uncertainty, test: sideOf(split.test) };
}

describe('the fixture model recovery-time', () => {
  it('bundles exactly what its generator makes', () => {
    expect(readFileSync(join(FOLDER, 'data/recovery.csv'), 'utf8')).toBe(recoveryCsv());
  });

  it('has a pipeline that deals with every feature, and data in which numbers and categories are missing', async () => {
    const { manifest, rows } = await trained();
    expect(pipelineProblems(manifest.features, manifest.pipeline)).toEqual([]);
    expect(rows.length).toBeGreaterThan(250);
    expect(rows.filter(({ crp }) => crp === null).length).toBeGreaterThan(20);
    expect(rows.filter(({ ward }) => ward === null).length).toBeGreaterThan(3);
  });

  it('splits a quarter of the patients off, none of them on both sides', async () => {
    const { split, patients } = await trained();
    const [train, test] = [split.train, split.test].map((rows) => new Set(Array.from(rows, (row) => patients[row])));
    expect(test.size).toBe(PATIENTS / 4);
    expect([...test].filter((patient) => train.has(patient))).toEqual([]);
  });

  it('answers each test row, alone and through the stored form, with the bits of the batch', async () => {
    const { manifest, rows, split, pipeline, fitted, uncertainty, test } = await trained();
    const saved = saveModel({ fitted, uncertainty });
    const loaded = loadModel({ state: JSON.parse(JSON.stringify(saved.state)) as typeof saved.state, weights: saved.weights });
    const stored: FittedPipeline = parsePipeline(JSON.parse(JSON.stringify(pipeline)));
    const batch = await predict(fitted, test.design);
    for (const [at, row] of split.test.entries()) {
      const { table } = applyPipeline(stored, tableFromRows(manifest.features, [rows[row]]));
      const [alone] = await predict(loaded.fitted, designMatrix(stored, table));
      expect(Object.is(alone, batch[at])).toBe(true);
    }
  });

  it('finds the effect of the wards again, to within a day', async () => {
    // standard errors would promise more: filled-in wards pull the effects together, and errors of one patient go together
    const { fitted } = await trained();
    const { coefficients } = linearTermsOf(fitted)!;
    expect(fitted.names).toEqual(['age', 'crp', 'ward=surgery', 'ward=orthopaedics']);
    [2, 3].forEach((j) => expect(Math.abs(coefficients[j] - WARD_DAYS[j - 1])).toBeLessThan(1));
  });

  it('has no coefficients in original units, since a logarithm has no affine way back', async () => {
    const { pipeline, fitted } = await trained();
    expect(coefficientsInOriginalUnits(pipeline, linearTermsOf(fitted)!)).toBeUndefined();
  });

  it('predicts better than the mean and holds .9 of the test rows to within what they can show', async () => {
    const { fitted, uncertainty, test } = await trained();
    expect(regressionMetric('r2', { truth: test.target, predicted: await predict(fitted, test.design) })).toBeGreaterThan(0.4);
    const held = predictionIntervals(uncertainty, test.design, 0.9).filter(
      ({ lower, upper }, i) => lower! <= test.target[i] && test.target[i] <= upper!,
    ).length;
    expect(Math.abs(held / test.target.length - 0.9)).toBeLessThan(3 * Math.sqrt(0.09 / PATIENTS / 0.25));
  });
});
