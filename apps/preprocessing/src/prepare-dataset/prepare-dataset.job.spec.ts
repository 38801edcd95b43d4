import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { datasetDescriptor, preparedDescriptor, scanContracts, type PreparedDescriptor } from '@salus/contracts';
import { listPrepared } from '@salus/contracts/preprocessing/list-prepared';
import { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import { startPreparation } from '@salus/contracts/preprocessing/start-preparation';
import { openEngine, readTable } from '@salus/datasets';
import { parsePipeline } from '@salus/features';
import { problemsOf, runExamples } from '@salus/messaging/conformance';
import { driftOf, rowsOf } from '@salus/persistence';
import { readDescriptor } from '@salus/registry';
import { ended, startPreprocessing, type PreprocessingSuite } from '../suite.conformance';

const START_MS = 60_000;
const JOB_MS = 60_000;
const MODEL = 'blood-pressure';

describe('the prepare job', () => {
  let suite: PreprocessingSuite;
  let dataset: string;
  beforeAll(async () => {
    suite = await startPreprocessing();
    dataset = await suite.store(MODEL);
  }, START_MS);
  afterAll(() => suite?.close());

  const start = (model: string, of: string, idempotencyKey?: string) => suite.client.request(startPreparation, { model, dataset: of }, { idempotencyKey });
  const prepareOf = async (model: string, of: string) => {
    const job = await ended(suite.client, await start(model, of));
    expect(job).toMatchObject({ state: 'succeeded', attempt: 1 });
    return prepareDataset.result.parse(job.result);
  };
  const descriptorOf = (prepared: string): Promise<PreparedDescriptor> => readDescriptor(suite.blobs, prepared, { schema: preparedDescriptor, title: 'a prepared dataset' });

  it('splits, fits and stores, in a process of its own, and keeps the dataset that it was made from', async () => {
    const { prepared, ...rest } = await prepareOf(MODEL, dataset);
    expect(rest).toEqual({ model: MODEL, train: 354, test: 88, dropped: 0, existed: false });
    const descriptor = await descriptorOf(prepared);
    expect(descriptor).toMatchObject({ model: MODEL, dataset, rows: { train: 354, test: 88, dropped: 0 } });
    expect(parsePipeline(descriptor.pipeline).outputs.map(({ name }) => name)).toEqual(['age', 'sex', 's1', 's6']);
    const references = await rowsOf<{ digest: string }>(suite.database, "SELECT digest FROM platform.blob_ref WHERE service = 'preprocessing' AND fact = $1", [`prepared:${prepared}`]);
    expect(references.map(({ digest }) => digest).sort()).toEqual([prepared, descriptor.data.digest, descriptor.manifest, dataset].sort());
    const path = join(suite.folder, 'prepared.parquet');
    await pipeline(Readable.from(suite.blobs.open(descriptor.data.digest)), createWriteStream(path));
    const engine = await openEngine({ memoryLimitMb: 128, threads: 1, temporaryFolder: suite.folder });
    const test = await readTable(engine, path, { columns: [{ name: 'row', type: 'number' }, { name: 'bp', type: 'number' }], where: { column: 'split', equals: 1 } });
    engine.close();
    expect(test.columns.row).toEqual({ kind: 'number', values: Float64Array.from({ length: 88 }, (_, i) => 5 * i + 4) });
  }, JOB_MS);

  it('gives the same prepared dataset again, entered once', async () => {
    const first = await prepareOf(MODEL, dataset);
    expect(await prepareOf(MODEL, dataset)).toEqual({ ...first, existed: true });
    const { prepared } = await suite.client.request(listPrepared, { model: MODEL, dataset });
    expect(prepared.filter((entry) => entry.prepared === first.prepared)).toHaveLength(1);
  }, JOB_MS);

  it('drops the rows that the manifest drops, and no others', async () => {
    suite.edit('recovery-time', {
      id: 'dropping',
      pipeline: [{ step: 'drop-missing', columns: ['crp', 'ward'] }, { step: 'standardise', columns: ['age', 'crp'] }, { step: 'one-hot', columns: ['ward'], drop: 'first' }],
    });
    const [whole, dropping] = [await prepareOf('recovery-time', await suite.store('recovery-time')), await prepareOf('dropping', await suite.store('dropping'))];
    expect(whole).toMatchObject({ dropped: 0 });
    expect(whole.train + whole.test).toBe(292);
    expect(dropping.dropped).toBe(41);
    expect(dropping.train + dropping.test).toBe(292 - 41);
  }, JOB_MS);

  it('lists by model, dataset and the manifest of now', async () => {
    await prepareOf(MODEL, dataset);
    const current = async () => (await suite.client.request(listPrepared, { model: MODEL, current: true })).prepared.length;
    expect(await current()).toBe(1);
    suite.edit(MODEL, { seed: 1 });
    expect(await current()).toBe(0);
    expect(await prepareOf(MODEL, dataset)).toMatchObject({ existed: false });
    expect(await current()).toBe(1);
    expect((await suite.client.request(listPrepared, { dataset })).prepared).toHaveLength(2);
    await expect(suite.client.request(listPrepared, { current: true })).rejects.toMatchObject({ code: 'INVALID_REQUEST', details: { field: 'model' } });
    await expect(suite.client.request(listPrepared, { model: 'unknown', current: true })).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
  }, JOB_MS);

  it('is one job under one idempotency key, which is refused for another dataset', async () => {
    const other = await suite.store('recovery-time');
    const jobs = await Promise.all(Array.from({ length: 5 }, () => start(MODEL, dataset, 'the-same')));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    await expect(start('recovery-time', other, 'the-same')).rejects.toMatchObject({ code: 'CONFLICT' });
  }, JOB_MS);

  it('refuses at once what is no dataset version of the model', async () => {
    const { data } = await readDescriptor(suite.blobs, dataset, { schema: datasetDescriptor, title: 'a dataset version' });
    await expect(start('unknown', dataset)).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
    await expect(start(MODEL, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(start(MODEL, data.digest)).rejects.toMatchObject({ code: 'INVALID_DATA', message: expect.stringContaining('is not the descriptor of a dataset version') });
    await expect(start('recovery-time', dataset)).rejects.toMatchObject({ code: 'CONFLICT', details: { expected: 'recovery-time', received: MODEL } });
  });

  it('wants the file again when units or ranges have changed since it was checked, and not when words have', async () => {
    suite.edit(MODEL, { id: 'edited' });
    const edited = await suite.store('edited');
    suite.edit('edited', { title: 'Other words', summary: 'Other words.' });
    await expect(prepareOf('edited', edited)).resolves.toMatchObject({ train: 354 });
    suite.edit('edited', { target: { name: 'bp', title: 'bp', type: 'number', unit: 'kPa', minimum: 40, maximum: 200 } });
    await expect(start('edited', edited)).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('ingest the file again') });
  }, JOB_MS);

  it('answers every example of its contracts', async () => {
    const job = await start(MODEL, dataset);
    const results = await runExamples({
      service: 'preprocessing', client: suite.client,
      requests: {
        'preprocessing.v1.start-preparation': { payload: { model: MODEL, dataset } },
        'preprocessing.v1.get-job': { payload: { id: job.id, waitMs: 1 } },
        'preprocessing.v1.cancel-job': { payload: { id: job.id } },
      },
    });
    expect(problemsOf(results)).toBe('');
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['answered']));
    expect(results).toHaveLength(scanContracts('preprocessing').filter(({ contract }) => contract.kind === 'operation').length);
    expect(problemsOf(await runExamples({ service: 'preprocessing', client: suite.client }))).toBe('');
  }, JOB_MS);

  it('has the tables that its entities describe', async () => {
    await expect(driftOf(suite.database)).resolves.toEqual([]);
  });
});
