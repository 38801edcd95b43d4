import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { exampleDataset, examplePrepared, type JobView } from '@salus/contracts';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { connectClient, type Client, type RunningService } from '@salus/messaging';
import { startNats, type NatsTestServer } from '@salus/testkit';
import { cancelJob, findDataset, findJob, followJob, jobServices, listJobs, prepareModel, resultOf, trainModel, uploadFile } from './index';
import { MemoryPlatform, SERVICES, startMemoryService } from './platform.conformance';

// Servers and processes take their time on a busy machine.
jest.setTimeout(60_000);

const MODEL = 'blood-pressure';

describe('the flows of a client', () => {
  let nats: NatsTestServer;
  let client: Client;
  let platform: MemoryPlatform;
  let services: RunningService[];
  let folder: string;

  // Without accounts nobody listening is told at once, which is what the outages below need.
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'salus-cli-'));
    nats = await startNats({ accounts: false });
    client = await connectClient({ url: nats.url, checksReplies: true });
  });
  beforeEach(async () => {
    platform = new MemoryPlatform();
    services = await Promise.all(SERVICES.map((name) => startMemoryService(platform, name, nats)));
  });
  afterEach(async () => {
    platform.release();
    await Promise.all(services.map((service) => service.close()));
  });
  afterAll(async () => {
    await client?.close();
    await nats?.stop();
    rmSync(folder, { recursive: true });
  });

  const fileOf = (content: Uint8Array): string => {
    const path = join(folder, `${randomBytes(6).toString('hex')}.csv`);
    writeFileSync(path, content);
    return path;
  };
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

  describe('an upload', () => {
    it('sends every piece once, tells of its progress and gives the job', async () => {
      const path = fileOf(randomBytes(1_000));
      const told: string[] = [];
      const job = await uploadFile(client, { path, model: MODEL, onProgress: ({ percent, phase }) => told.push(`${phase} ${percent}`) });
      expect(job).toMatchObject({ service: 'ingestion', name: 'ingest-dataset', state: 'queued' });
      expect([...platform.putPieces].sort((a, b) => a - b)).toEqual(range(0, 16));
      expect(told[0]).toBe('reading 100');
      expect(told.at(-1)).toBe('sending 100');
      expect([...platform.uploads.values()][0].request).toMatchObject({ fileName: basename(path), bytes: 1_000, model: MODEL });
    });

    it('goes on with the missing pieces after it broke', async () => {
      const path = fileOf(randomBytes(1_000));
      platform.flakyPieces.add(9);
      await expect(uploadFile(client, { path, model: MODEL })).rejects.toMatchObject({ code: 'CONFLICT', details: { index: 9 } });
      const before = [...platform.putPieces];
      expect(before.length).toBeGreaterThan(0);
      await uploadFile(client, { path, model: MODEL });
      expect([...platform.putPieces].sort((a, b) => a - b)).toEqual(range(0, 16));
      expect(platform.uploads.size).toBe(1);
    });

    it('asks again for a file of more pieces than one reply names', async () => {
      platform.missingShown = 5;
      const told: number[] = [];
      await uploadFile(client, { path: fileOf(randomBytes(64 * 23)), model: MODEL, onProgress: ({ phase, percent }) => phase === 'sending' && told.push(percent) });
      expect([...platform.putPieces].sort((a, b) => a - b)).toEqual(range(0, 23));
      expect(told).toEqual([...told].sort((a, b) => a - b));
      expect(told.at(-1)).toBe(100);
    });

    it('gives the running job when the same file is sent twice, and a new one when that has ended', async () => {
      const path = fileOf(Buffer.from('age\n1\n'));
      const first = await uploadFile(client, { path, model: MODEL });
      expect((await uploadFile(client, { path, model: MODEL })).id).toBe(first.id);
      await followJob(client, { service: 'ingestion', id: first.id });
      const second = await uploadFile(client, { path, model: MODEL });
      expect(second.id).not.toBe(first.id);
      expect(platform.uploads.size).toBe(2);
    });

    it('of an unknown model is refused before a piece is sent', async () => {
      await expect(uploadFile(client, { path: fileOf(Buffer.from('a')), model: 'unknown' })).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
      expect(platform.putPieces).toEqual([]);
    });

    it('is interrupted by its signal', async () => {
      const interrupt = new AbortController();
      const sending = uploadFile(client, { path: fileOf(randomBytes(64 * 50)), model: MODEL, signal: interrupt.signal, onProgress: ({ phase }) => phase === 'sending' && interrupt.abort() });
      await expect(sending).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(platform.jobs.size).toBe(0);
    });
  });

  describe('a job', () => {
    it('is followed from state to state to its result', async () => {
      const { id } = platform.enqueue('ingestion', 'ingest-dataset');
      const seen: string[] = [];
      const job = await followJob(client, { service: 'ingestion', id, onChange: ({ state }) => seen.push(state) });
      expect(seen).toEqual(['queued', 'running', 'succeeded']);
      expect(resultOf(ingestDataset, job)).toMatchObject({ dataset: exampleDataset.dataset, rows: 442 });
    });

    it('is followed through the restart of its service', async () => {
      const { id } = platform.enqueue('training', 'train-model');
      let restarts = 0;
      let starting: Promise<RunningService> | undefined;
      const at = SERVICES.indexOf('training');
      const job = await followJob(client, {
        service: 'training',
        id,
        onChange: ({ state }) => {
          if (state === 'running') void services[at].close();
        },
        onWait: () => {
          restarts += 1;
          starting ??= startMemoryService(platform, 'training', nats).then((service) => (services[at] = service));
        },
      });
      expect(job.state).toBe('succeeded');
      expect(restarts).toBeGreaterThan(0);
    });

    it('that failed gives its own code, reason and details', async () => {
      platform.failures.set('ingest-dataset', { code: 'INVALID_DATA', message: 'the file does not fit', details: { report: 1 } });
      const { id } = platform.enqueue('ingestion', 'ingest-dataset');
      const job = await followJob(client, { service: 'ingestion', id });
      expect(() => resultOf(ingestDataset, job)).toThrow(expect.objectContaining({ code: 'INVALID_DATA', message: 'the file does not fit', details: { report: 1, job: id, service: 'ingestion' } }));
    });

    it('with a result of another shape is no success, with one field more it is', () => {
      const job: JobView = { ...platform.enqueue('ingestion', 'ingest-dataset'), state: 'succeeded', result: { dataset: 7 } };
      expect(() => resultOf(ingestDataset, job)).toThrow(/does not fit the contract/);
      const result = { ...ingestDataset.example.result, later: true };
      expect(resultOf(ingestDataset, { ...job, result })).toEqual(result);
    });

    it('is found, cancelled and listed whichever service has it', async () => {
      const { id } = platform.enqueue('preprocessing', 'prepare-dataset');
      expect(jobServices()).toEqual(['ingestion', 'preprocessing', 'training']);
      expect((await findJob(client, id)).service).toBe('preprocessing');
      expect((await cancelJob(client, id)).state).toBe('cancelled');
      expect((await listJobs(client, {})).jobs.map((job) => job.id)).toEqual([id]);
      await expect(findJob(client, '00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('that cannot be found while a service is away is not said to be missing', async () => {
      await services[SERVICES.indexOf('training')].close();
      await expect(findJob(client, '00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await listJobs(client, {})).toEqual({ jobs: [], silent: ['training'] });
    });
  });

  describe('training', () => {
    it('prepares first when no prepared dataset fits', async () => {
      platform.datasets = [exampleDataset];
      const seen: string[] = [];
      const { prepared, result } = await trainModel(client, { model: MODEL, onChange: ({ name, state }) => seen.push(`${name} ${state}`) });
      expect(seen.filter((text) => text.endsWith('succeeded'))).toEqual(['prepare-dataset succeeded', 'train-model succeeded']);
      expect({ prepared, version: result.version }).toEqual({ prepared: examplePrepared.prepared, version: 1 });
    });

    it('takes the prepared dataset that fits', async () => {
      platform.datasets = [exampleDataset];
      platform.prepared = [examplePrepared];
      await trainModel(client, { model: MODEL });
      expect([...platform.jobs.values()].map((job) => job.name)).toEqual(['train-model']);
    });

    it('ends with the fault of the preparation when that fails, and trains nothing', async () => {
      platform.datasets = [exampleDataset];
      platform.failures.set('prepare-dataset', { code: 'TOO_FEW_ROWS', message: 'no row is left', details: {} });
      await expect(trainModel(client, { model: MODEL })).rejects.toMatchObject({ code: 'TOO_FEW_ROWS' });
      expect([...platform.jobs.values()].map((job) => job.name)).toEqual(['prepare-dataset']);
    });

    it('without a dataset says so', async () => {
      await expect(trainModel(client, { model: MODEL })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(prepareModel(client, { model: MODEL })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  describe('a dataset', () => {
    const other = { ...exampleDataset, dataset: `sha256:9f${'0'.repeat(62)}` };

    it('is the newest without a name, and the only one that begins like the name', async () => {
      platform.datasets = [exampleDataset, other];
      await expect(findDataset(client, { model: MODEL, dataset: '9f' })).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await findDataset(client, { model: MODEL, dataset: '9f0' })).toBe(other.dataset);
      expect(await findDataset(client, { model: MODEL, dataset: 'sha256:9f86' })).toBe(exampleDataset.dataset);
      await expect(findDataset(client, { model: MODEL, dataset: 'ff' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('with a whole digest is taken as it is', async () => {
      expect(await findDataset(client, { model: MODEL, dataset: other.dataset })).toBe(other.dataset);
    });
  });
});
