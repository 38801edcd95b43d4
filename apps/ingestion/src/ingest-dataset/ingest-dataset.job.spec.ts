import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PostgresBlobStore, driftOf, rowsOf } from '@salus/persistence';
import { isEnded, scanContracts, type DataReport, type JobView } from '@salus/contracts';
import { beginUpload } from '@salus/contracts/ingestion/begin-upload';
import { cancelJob } from '@salus/contracts/ingestion/cancel-job';
import { describeDataset } from '@salus/contracts/ingestion/describe-dataset';
import { finishUpload } from '@salus/contracts/ingestion/finish-upload';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { listDatasets } from '@salus/contracts/ingestion/list-datasets';
import { openEngine, readTable } from '@salus/datasets';
import { columnOf } from '@salus/features';
import { problemsOf, runExamples } from '@salus/messaging/conformance';
import { ended, sendFile, sha256, startIngestion, type IngestionSuite } from '../suite.conformance';

const START_MS = 60_000;
const JOB_MS = 60_000;
const BLOOD_PRESSURE = readFileSync(join(__dirname, '../../../../models/blood-pressure/data/diabetes.csv'));
const RECOVERY = readFileSync(join(__dirname, '../../../../libs/registry/fixtures/models/recovery-time/data/recovery.csv'));
/** A value that no message may repeat. */
const CANARY = '987654321.5';

describe('the ingest job', () => {
  let suite: IngestionSuite;
  beforeAll(async () => {
    suite = await startIngestion();
  }, START_MS);
  afterAll(() => suite?.close());

  const ingest = async (model: string, file: Uint8Array, digest?: string): Promise<JobView> => ended(suite.client, await sendFile(suite.client, { model, file, digest }));
  const resultOf = (job: JobView) => ingestDataset.result.parse(job.result);
  const stored = async (): Promise<Record<string, number>> => {
    const [counts] = await rowsOf<Record<string, number>>(
      suite.database,
      `SELECT (SELECT count(*)::int FROM ingestion.dataset) AS datasets, (SELECT count(*)::int FROM platform.blob) AS blobs,
         (SELECT count(*)::int FROM platform.blob_chunk) AS chunks, (SELECT count(*)::int FROM platform.blob_ref) AS refs`,
    );
    return counts;
  };
  const piecesGone = async (job: JobView): Promise<void> => {
    const pieces = 'SELECT 1 FROM ingestion.upload_chunk JOIN ingestion.job ON upload_id::text = input->>$2 WHERE job.id = $1';
    while ((await rowsOf(suite.database, pieces, [job.id, 'uploadId'])).length > 0) await setTimeout(20);
  };
  const bodyOf = (report: DataReport) => report.issues.map(({ row, column, kind }) => ({ row, column, kind }));

  it('makes a dataset version of a good file, in a process of its own', async () => {
    const job = await ingest('blood-pressure', BLOOD_PRESSURE);
    expect(job).toMatchObject({ state: 'succeeded', attempt: 1, progress: { percent: 100 }, failure: null });
    const { dataset, rows, existed } = resultOf(job);
    expect([rows, existed]).toEqual([442, false]);
    const described = await suite.client.request(describeDataset, { dataset });
    expect(described).toMatchObject({ model: 'blood-pressure', fileName: 'data.csv', rows: 442 });
    expect(described.descriptor.source).toEqual({ digest: sha256(BLOOD_PRESSURE), bytes: BLOOD_PRESSURE.length, format: 'csv' });
    const blobs = new PostgresBlobStore(suite.database);
    for (const digest of [dataset, described.descriptor.data.digest, described.descriptor.manifest]) await expect(blobs.has(digest)).resolves.toBe(true);
    const { datasets } = await suite.client.request(listDatasets, { model: 'blood-pressure' });
    expect(datasets.map((entry) => entry.dataset)).toEqual([dataset]);
    await expect(suite.client.request(listDatasets, { model: 'recovery-time' })).resolves.toEqual({ datasets: [] });
  }, JOB_MS);

  it('gives the same dataset for the same file again, and stores nothing more', async () => {
    const before = resultOf(await ingest('blood-pressure', BLOOD_PRESSURE));
    const facts = await stored();
    expect(resultOf(await ingest('blood-pressure', BLOOD_PRESSURE))).toEqual({ ...before, existed: true });
    expect(await stored()).toEqual(facts);
  }, JOB_MS);

  it('forgets the pieces and keeps the upload closed, so that the end can be asked for again', async () => {
    const key = { idempotencyKey: 'asked-again' };
    const request = { model: 'blood-pressure', fileName: 'data.csv', bytes: BLOOD_PRESSURE.length };
    const { uploadId } = await suite.client.request(beginUpload, request, key);
    await suite.client.raw('ingestion.v1.put-chunk', BLOOD_PRESSURE, { 'Content-Type': 'application/octet-stream', 'Salus-Args': JSON.stringify({ uploadId, index: 0 }) });
    const job = await ended(suite.client, await suite.client.request(finishUpload, { uploadId, digest: sha256(BLOOD_PRESSURE) }));
    expect(await rowsOf(suite.database, 'SELECT 1 FROM ingestion.upload_chunk WHERE upload_id = $1', [uploadId])).toEqual([]);
    await expect(suite.client.request(beginUpload, request, key)).resolves.toMatchObject({ uploadId, missing: [] });
    await expect(suite.client.request(finishUpload, { uploadId, digest: sha256(BLOOD_PRESSURE) })).resolves.toEqual(job);
  }, JOB_MS);

  const lines = BLOOD_PRESSURE.toString('utf8').trimEnd().split('\n');
  const changed = (edit: (lines: string[]) => string[]): Buffer => Buffer.from(`${edit([...lines]).join('\n')}\n`);
  const cell = (row: number, column: string, value: string) => (all: string[]): string[] => {
    const cells = all[row].split(',');
    cells[all[0].split(',').indexOf(column)] = value;
    return all.map((line, at) => (at === row ? cells.join(',') : line));
  };
  it.each<[string, Buffer, unknown[]]>([
    ['a value of the wrong type', changed(cell(7, 's1', `${CANARY}x`)), [{ row: 7, column: 's1', kind: 'wrong-type' }]],
    ['a value out of range', changed(cell(3, 'age', CANARY)), [{ row: 3, column: 'age', kind: 'out-of-range' }]],
    ['a missing target', changed(cell(442, 'bp', '')), [{ row: 442, column: 'bp', kind: 'missing' }]],
    ['a line with a field too many', changed((all) => [...all, `${all[1]},${CANARY}`]), [{ row: 443, column: null, kind: 'malformed-line' }]],
    ['no data below the header', changed((all) => all.slice(0, 1)), [{ row: 0, column: null, kind: 'malformed-line' }]],
    ['bytes that are no text', Buffer.from([0, 255, 254, 0, 1, 2, 10, 13]), [expect.anything()]],
  ])('stores nothing of a file with %s, and says what and where but no value', async (_, file, issues) => {
    const facts = await stored();
    const job = await ingest('blood-pressure', file);
    expect(job).toMatchObject({ state: 'failed', attempt: 1, result: null, failure: { code: 'INVALID_DATA', message: expect.stringContaining('models/blood-pressure/model.json') } });
    const { report } = job.failure?.details as { report: DataReport };
    expect(bodyOf(report)).toEqual(expect.arrayContaining(issues));
    expect(JSON.stringify(job)).not.toContain(CANARY);
    expect(await stored()).toEqual(facts);
  }, JOB_MS);

  it('fails with INTEGRITY when the file is not the one whose digest was given', async () => {
    const facts = await stored();
    const digest = sha256(Buffer.from('another'));
    expect(await ingest('blood-pressure', BLOOD_PRESSURE, digest)).toMatchObject({
      state: 'failed', attempt: 1, failure: { code: 'INTEGRITY', details: { expected: digest, received: sha256(BLOOD_PRESSURE) } },
    });
    expect(await stored()).toEqual(facts);
  }, JOB_MS);

  it('fails at once when the manifest was broken meanwhile, naming file and field', async () => {
    const path = join(suite.models, 'broken', 'model.json');
    cpSync(join(suite.models, 'blood-pressure'), join(suite.models, 'broken'), { recursive: true });
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...manifest, id: 'broken' }));
    const begun = await suite.client.request(beginUpload, { model: 'broken', fileName: 'data.csv', bytes: BLOOD_PRESSURE.length });
    await suite.client.raw('ingestion.v1.put-chunk', BLOOD_PRESSURE, { 'Content-Type': 'application/octet-stream', 'Salus-Args': JSON.stringify({ uploadId: begun.uploadId, index: 0 }) });
    writeFileSync(path, JSON.stringify({ ...manifest, id: 'broken', seed: 'x' }));
    const job = await ended(suite.client, await suite.client.request(finishUpload, { uploadId: begun.uploadId, digest: sha256(BLOOD_PRESSURE) }));
    expect(job).toMatchObject({ state: 'failed', attempt: 1, failure: { code: 'INVALID_MANIFEST', message: expect.stringContaining('models/broken/model.json does not fit: seed') } });
    await expect(sendFile(suite.client, { model: 'broken', file: BLOOD_PRESSURE })).rejects.toMatchObject({ code: 'INVALID_MANIFEST' });
  }, JOB_MS);

  it('keeps no patient identifier, and gives a patient the same pseudonym in every file', async () => {
    const tableOf = async (file: Buffer) => {
      const { dataset } = resultOf(await ingest('recovery-time', file));
      const { descriptor } = await suite.client.request(describeDataset, { dataset });
      const parquet = Buffer.from(await new PostgresBlobStore(suite.database).read(descriptor.data.digest, { maxBytes: 1 << 26 }));
      const path = join(suite.models, `${descriptor.data.digest.slice(7, 19)}.parquet`);
      writeFileSync(path, parquet);
      const engine = await openEngine({ temporaryFolder: suite.models, memoryLimitMb: 128, threads: 1 });
      const patient = columnOf(await readTable(engine, path, { columns: [{ name: 'patient', type: 'text' }] }), 'patient');
      engine.close();
      if (patient.kind !== 'category') throw new Error('pseudonyms are texts');
      return { parquet, names: Array.from(patient.codes, (code) => patient.levels[code]) };
    };
    const whole = await tableOf(RECOVERY);
    const all = RECOVERY.toString('utf8').trimEnd().split('\n');
    const half = await tableOf(Buffer.from(`${all.slice(0, 101).join('\n')}\n`));
    expect(whole.names).toHaveLength(292);
    expect(half.names).toEqual(whole.names.slice(0, 100));
    const identifiers = all.slice(1).map((line) => line.split(',')[0]);
    expect(new Set(whole.names).size).toBe(new Set(identifiers).size);
    for (const identifier of new Set(identifiers)) expect(whole.parquet.includes(identifier)).toBe(false);
  }, JOB_MS);

  it('leaves nothing when it is cancelled', async () => {
    const facts = await stored();
    const job = await sendFile(suite.client, { model: 'blood-pressure', file: changed((all) => [...all, ...all.slice(1)]) });
    const cancelled = await suite.client.request(cancelJob, { id: job.id });
    expect(isEnded(cancelled.state)).toBe(true);
    expect(cancelled.state).toBe('cancelled');
    expect(await stored()).toEqual(facts);
  }, JOB_MS);

  it('leaves no piece of a file that was refused or cancelled, and takes the same file again under another key', async () => {
    const file = changed(cell(7, 's1', `${CANARY}x`));
    const refused = await ingest('blood-pressure', file);
    expect(refused.state).toBe('failed');
    await piecesGone(refused);
    const cancelled = await suite.client.request(cancelJob, { id: (await sendFile(suite.client, { model: 'blood-pressure', file })).id });
    expect(cancelled.state).toBe('cancelled');
    await piecesGone(cancelled);
    const again = await ingest('blood-pressure', file);
    expect(again).toMatchObject({ state: 'failed', failure: { code: 'INVALID_DATA' } });
    expect(new Set([refused.id, cancelled.id, again.id]).size).toBe(3);
  }, JOB_MS);

  it('answers every example of its contracts', async () => {
    const { dataset } = resultOf(await ingest('blood-pressure', BLOOD_PRESSURE));
    const { uploadId } = await suite.client.request(beginUpload, { model: 'blood-pressure', fileName: 'data.csv', bytes: 20 });
    const data = Buffer.alloc(20).toString('base64');
    const job = await sendFile(suite.client, { model: 'blood-pressure', file: BLOOD_PRESSURE });
    const results = await runExamples({
      service: 'ingestion', client: suite.client,
      requests: {
        'ingestion.v1.put-chunk': { payload: { uploadId, index: 0, data } },
        'ingestion.v1.finish-upload': { payload: { uploadId, digest: sha256(Buffer.alloc(20)) } },
        'ingestion.v1.describe-dataset': { payload: { dataset } },
        'ingestion.v1.get-job': { payload: { id: job.id, waitMs: 1 } },
        'ingestion.v1.cancel-job': { payload: { id: job.id } },
      },
    });
    expect(problemsOf(results)).toBe('');
    const operations = scanContracts('ingestion').filter(({ contract }) => contract.kind === 'operation');
    // finish-upload comes before put-chunk in the order of the files, when the piece is still missing.
    expect(results.map(({ outcome }) => outcome).filter((outcome) => outcome === 'answered')).toHaveLength(operations.length - 1);
    expect(results.filter(({ outcome }) => outcome === 'refused')).toEqual([{ subject: 'ingestion.v1.finish-upload', outcome: 'refused', code: 'CONFLICT' }]);
  }, JOB_MS);

  it('refuses the examples as they stand with a code that their contract names, or answers them', async () => {
    expect(problemsOf(await runExamples({ service: 'ingestion', client: suite.client }))).toBe('');
  }, JOB_MS);

  it('has the tables that its entities describe', async () => {
    await expect(driftOf(suite.database)).resolves.toEqual([]);
  });
});
