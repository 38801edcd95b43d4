import { preparedDescriptor, scanContracts } from '@salus/contracts';
import { listVersions } from '@salus/contracts/training/list-versions';
import { promoteVersion } from '@salus/contracts/training/promote-version';
import { startTraining as startTrainingContract } from '@salus/contracts/training/start-training';
import { trainModel } from '@salus/contracts/training/train-model';
import { problemsOf, runExamples } from '@salus/messaging/conformance';
import { rowsOf } from '@salus/persistence';
import { canonicalBytes, loadArtifact, readDescriptor } from '@salus/registry';
import { ended, startTraining, type TrainingSuite } from '../suite.conformance';
import { preparedRows } from './prepared-rows.conformance';
import { train } from './train';

const START_MS = 60_000;
const JOB_MS = 60_000;
const MODEL = 'blood-pressure';

describe('the train job', () => {
  let suite: TrainingSuite;
  let prepared: string;
  beforeAll(async () => {
    suite = await startTraining();
    prepared = await suite.store(MODEL);
  }, START_MS);
  afterAll(() => suite?.close());

  const start = (model: string, of: string, idempotencyKey?: string) => suite.client.request(startTrainingContract, { model, prepared: of }, { idempotencyKey });
  const trained = async (model: string, of: string) => {
    const job = await ended(suite.client, await start(model, of));
    expect(job).toMatchObject({ state: 'succeeded', attempt: 1, failure: null });
    return trainModel.result.parse(job.result);
  };

  it('registers what the pure training gives, in a process of its own, and keeps the dataset that it was made from', async () => {
    const result = await trained(MODEL, prepared);
    expect(result).toMatchObject({ model: MODEL, version: 1, existed: false });
    const { request } = await preparedRows(MODEL);
    const descriptor = await readDescriptor(suite.blobs, prepared, { schema: preparedDescriptor, title: 'a prepared dataset' });
    const expected = await train({ ...request, prepared, descriptor });
    const artifact = await loadArtifact(suite.blobs, result.artifact);
    expect(artifact.descriptor).toEqual(expected.descriptor);
    expect(Buffer.compare(artifact.weights, expected.weights)).toBe(0);
    expect(result.metrics).toEqual(expected.descriptor.metrics);
    const references = await rowsOf<{ digest: string }>(suite.database, "SELECT digest FROM platform.blob_ref WHERE service = 'training' AND fact = $1", [`artifact:${result.artifact}`]);
    expect(references.map(({ digest }) => digest).sort()).toEqual([result.artifact, artifact.descriptor.weights.digest, prepared].sort());
  }, JOB_MS);

  it('gives the same version for the same training again', async () => {
    const first = await trained(MODEL, prepared);
    expect(await trained(MODEL, prepared)).toEqual({ ...first, existed: true });
    expect((await suite.client.request(listVersions, { model: MODEL })).versions).toHaveLength(1);
  }, JOB_MS);

  it('trains a model with missing values, a category and patients', async () => {
    const { version, metrics } = await trained('recovery-time', await suite.store('recovery-time'));
    expect([version, metrics.map(({ name }) => name)]).toEqual([1, ['rmse', 'mae', 'r2']]);
  }, JOB_MS);

  it('is one job under one idempotency key', async () => {
    const jobs = await Promise.all(Array.from({ length: 5 }, () => start(MODEL, prepared, 'the-same')));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
  });

  it('refuses at once what is no prepared dataset of the model', async () => {
    const descriptor = await readDescriptor(suite.blobs, prepared, { schema: preparedDescriptor, title: 'a prepared dataset' });
    await expect(start(MODEL, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(start(MODEL, descriptor.data.digest)).rejects.toMatchObject({ code: 'INVALID_DATA', message: expect.stringContaining('is not the descriptor of a prepared dataset') });
    await expect(start('recovery-time', prepared)).rejects.toMatchObject({ code: 'CONFLICT', details: { expected: 'recovery-time', received: MODEL } });
  });

  it('fails at once, for good and with nothing registered, when the rows are not there or damaged', async () => {
    const descriptor = await readDescriptor(suite.blobs, prepared, { schema: preparedDescriptor, title: 'a prepared dataset' });
    const storeChanged = async (change: Partial<typeof descriptor>): Promise<string> => {
      const { bytes, digest } = canonicalBytes({ ...descriptor, ...change });
      await suite.blobs.put(bytes, { reference: { service: 'preprocessing', fact: `prepared:${digest}` } });
      return digest;
    };
    const before = await suite.client.request(listVersions, {});
    const absent = await ended(suite.client, await start(MODEL, await storeChanged({ data: { digest: `sha256:${'1'.repeat(64)}`, bytes: 9 } })));
    expect(absent).toMatchObject({ state: 'failed', attempt: 1, failure: { code: 'NOT_FOUND' } });
    const noTable = await ended(suite.client, await start(MODEL, await storeChanged({ data: { digest: prepared, bytes: 9 } })));
    expect(noTable).toMatchObject({ state: 'failed', attempt: 1, failure: { code: 'INVALID_DATA' } });
    const noPipeline = await ended(suite.client, await start(MODEL, await storeChanged({ pipeline: {} })));
    expect(noPipeline).toMatchObject({ state: 'failed', attempt: 1, failure: { code: 'INTEGRITY' } });
    expect(await suite.client.request(listVersions, {})).toEqual(before);
  }, JOB_MS);

  it('answers every example of its contracts', async () => {
    await trained(MODEL, prepared);
    const { descriptor, weights } = await train((await preparedRows(MODEL)).request);
    const second = await suite.register({ descriptor: { ...descriptor, lineage: { ...descriptor.lineage, code: '0.2.0' } }, weights });
    await suite.client.request(promoteVersion, { model: MODEL, version: second });
    const job = await start(MODEL, prepared);
    const results = await runExamples({
      service: 'training', client: suite.client,
      requests: {
        'training.v1.start-training': { payload: { model: MODEL, prepared } },
        'training.v1.get-job': { payload: { id: job.id, waitMs: 1 } },
        'training.v1.cancel-job': { payload: { id: job.id } },
      },
    });
    expect(problemsOf(results)).toBe('');
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['answered']));
    expect(results).toHaveLength(scanContracts('training').filter(({ contract }) => contract.kind === 'operation').length);
    expect(problemsOf(await runExamples({ service: 'training', client: suite.client }))).toBe('');
  }, JOB_MS);
});
