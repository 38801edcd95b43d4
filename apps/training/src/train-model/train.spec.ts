import { evaluateRegression } from '@salus/evaluation';
import { columnOf, fitPipeline, tableOf, takeRows, type Column, type Table } from '@salus/features';
import { MemoryBlobStore } from '@salus/persistence';
import { canonicalBytes, digestOf, loadArtifact, saveArtifact } from '@salus/registry';
import { TabularModel } from '@salus/serving';
import { preparedRows } from './prepared-rows.conformance';
import { train, type TrainingRequest } from './train';

/** From scikit-learn on the same rows. */
const GOLDEN = { intercept: 40.27360443, age: 0.22054957, sex: 5.73920696, s1: 0.03630034, s6: 0.3107523, mse: 118.707515, r2: 0.135367 };
const MODELS = ['blood-pressure', 'recovery-time'];

const featuresOf = ({ manifest }: TrainingRequest, table: Table): Table => tableOf(manifest.features.map(({ name }) => [name, columnOf(table, name)] as const));
const numbersOf = (table: Table, name: string): Float64Array => (columnOf(table, name) as { values: Float64Array }).values;

describe('training', () => {
  it('gives blood-pressure the coefficients and figures of scikit-learn, in original units', async () => {
    const { descriptor } = await train((await preparedRows('blood-pressure')).request);
    const found = Object.fromEntries([...(descriptor.coefficients ?? []), ...descriptor.metrics].map(({ name, value }) => [name, value]));
    for (const [name, value] of Object.entries(GOLDEN)) expect(Math.abs(found[name] - value)).toBeLessThan(1e-6);
    for (const { standardError, t, value } of descriptor.coefficients ?? []) expect(t).toBeCloseTo(value / Number(standardError), 9);
    expect(descriptor.rows).toEqual({ train: 354, test: 88 });
  });

  it.each(MODELS)('gives the same bits of %s for the same request', async (model) => {
    const [first, second] = await Promise.all([train((await preparedRows(model)).request), train((await preparedRows(model)).request)]);
    expect(canonicalBytes(second.descriptor).digest).toBe(canonicalBytes(first.descriptor).digest);
    expect(Buffer.compare(first.weights, second.weights)).toBe(0);
    expect(first.descriptor.weights).toEqual({ digest: digestOf(first.weights), bytes: first.weights.length });
  });

  it.each(MODELS)('registers the figures of %s that its stored artifact has on the test rows', async (model) => {
    const { request } = await preparedRows(model);
    const blobs = new MemoryBlobStore();
    const digest = await saveArtifact(blobs, await train(request), undefined);
    const served = new TabularModel(await loadArtifact(blobs, digest), { version: 1, artifact: digest });
    const predicted = await served.predict(featuresOf(request, request.test));
    const { target, metrics, seed } = request.manifest;
    expect(served.descriptor.metrics).toEqual(evaluateRegression({ truth: numbersOf(request.test, target.name), predicted, metrics, seed }));
  });

  it('looks at the test rows for the figures only', async () => {
    const { request } = await preparedRows('blood-pressure');
    const higher: Column = { kind: 'number', values: numbersOf(request.test, 'bp').map((value) => value + 1) };
    const other: Table = { ...request.test, columns: { ...request.test.columns, bp: higher } };
    const [first, second] = [await train(request), await train({ ...request, test: other })];
    expect(Buffer.compare(first.weights, second.weights)).toBe(0);
    expect({ ...second.descriptor, metrics: [] }).toEqual({ ...first.descriptor, metrics: [] });
    expect(second.descriptor.metrics).not.toEqual(first.descriptor.metrics);
  });

  it('calibrates by jackknife+ where rows are independent, and by folds that keep patients together where they are not', async () => {
    const methodOf = async (model: string): Promise<unknown> => (await train((await preparedRows(model)).request)).descriptor.learner.uncertainty;
    expect([await methodOf('blood-pressure'), await methodOf('recovery-time')]).toEqual(['jackknife+', 'cv+']);
  });

  it('refuses collinear columns and names them', async () => {
    const { request } = await preparedRows('blood-pressure');
    const double = (table: Table): Table => {
      const s6: Column = { kind: 'number', values: numbersOf(table, 's1').map((value) => 2 * value + 1) };
      return { ...table, columns: { ...table.columns, s6 } };
    };
    const trainRows = double(request.train);
    const pipeline = fitPipeline(request.manifest.pipeline, featuresOf(request, trainRows));
    const fault = await train({ ...request, train: trainRows, test: double(request.test), descriptor: { ...request.descriptor, pipeline } }).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'COLLINEAR' });
    expect((fault as Error).message).toMatch(/s6.*s1|s1.*s6/);
  });

  it('refuses a stored pipeline that is none, and rows of too small a number', async () => {
    const { request } = await preparedRows('blood-pressure');
    await expect(train({ ...request, descriptor: { ...request.descriptor, pipeline: {} } })).rejects.toMatchObject({ code: 'INTEGRITY' });
    const few = takeRows(request.train, [0, 1, 2]);
    await expect(train({ ...request, train: few })).rejects.toMatchObject({ code: expect.stringMatching(/TOO_FEW_ROWS|COLLINEAR/) });
  });

  it('tells of progress that never goes back, and ends when it is cancelled', async () => {
    const { request } = await preparedRows('recovery-time');
    const fractions: number[] = [];
    await train({ ...request, progress: ({ fraction }) => void fractions.push(fraction) });
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBeGreaterThan(0.8);
    await expect(train({ ...request, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('shows a typical row that it can answer, and keeps the manifest and the lineage with the version', async () => {
    for (const model of MODELS) {
      const { request, model: registered } = await preparedRows(model);
      const artifact = await train(request);
      const { lineage, manifest, exampleRow } = artifact.descriptor;
      const { dataset } = request.descriptor;
      const { seed } = request.manifest;
      expect(lineage).toEqual({ manifest: registered.manifestDigest, dataset, prepared: request.prepared, code: '0.1.0', seed, backend: 'cpu-float64' });
      expect(manifest).toEqual(request.manifest);
      await expect(new TabularModel(artifact, { version: 1, artifact: '' }).answer([exampleRow], { level: 0.9, explain: true })).resolves.toHaveLength(1);
    }
  });
});
