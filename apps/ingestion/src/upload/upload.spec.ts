import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { beginUpload } from '@salus/contracts/ingestion/begin-upload';
import { cancelJob } from '@salus/contracts/ingestion/cancel-job';
import { finishUpload } from '@salus/contracts/ingestion/finish-upload';
import { putChunk } from '@salus/contracts/ingestion/put-chunk';
import type { Client } from '@salus/messaging';
import { rowsOf } from '@salus/persistence';
import { sha256, startIngestion, type IngestionSuite } from '../suite.conformance';
import { CHUNK_BYTES, UploadStore } from './upload.store';
import { UploadSweeper } from './upload-sweeper';

const START_MS = 60_000;
const MODEL = 'blood-pressure';
const FILE = randomBytes(2 * CHUNK_BYTES + 1_000);
const DIGEST = sha256(FILE);
const ALL = [0, 1, 2];

describe('an upload', () => {
  let suite: IngestionSuite;
  let client: Client;
  beforeAll(async () => {
    // No worker: what becomes of the jobs is another suite's.
    suite = await startIngestion({ JOB_CONCURRENCY: '0' });
    client = suite.client;
  }, START_MS);
  afterAll(() => suite?.close());

  const begin = (request: Record<string, unknown> = {}, idempotencyKey?: string) =>
    client.request(beginUpload, { model: MODEL, fileName: 'data.csv', bytes: FILE.length, ...request }, { idempotencyKey });
  const pieceOf = (index: number): Buffer => FILE.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
  const put = (uploadId: string, index: number, bytes: Uint8Array = pieceOf(index)) => client.request(putChunk, { uploadId, index } as never, { bytes });
  const sendAll = async (uploadId: string, order: readonly number[] = ALL): Promise<void> => {
    for (const index of order) await put(uploadId, index);
  };
  const contentOf = async (uploadId: string): Promise<string> => {
    const uploads = new UploadStore(suite.database);
    const pieces: Uint8Array[] = [];
    for await (const piece of uploads.read(await uploads.find(uploadId))) pieces.push(piece);
    return sha256(Buffer.concat(pieces));
  };

  it('says in how many pieces the file is to come and which are missing', async () => {
    expect(await begin()).toEqual({ uploadId: expect.any(String), chunkBytes: CHUNK_BYTES, chunks: 3, missing: ALL });
    expect(await begin({ bytes: CHUNK_BYTES })).toMatchObject({ chunks: 1 });
    expect(await begin({ bytes: CHUNK_BYTES + 1 })).toMatchObject({ chunks: 2 });
    expect(await begin({ bytes: 2 ** 40 })).toMatchObject({ chunks: 262_144, missing: Array.from({ length: 1_000 }, (_, index) => index) });
  });

  it.each([
    ['in order', ALL],
    ['from the end', [2, 1, 0]],
    ['with repetitions', [1, 1, 0, 2, 0, 1]],
  ])('takes its pieces %s and reads back as the file', async (_, order) => {
    const { uploadId } = await begin();
    await sendAll(uploadId, order);
    expect(await contentOf(uploadId)).toBe(DIGEST);
  });

  it('keeps the last of two pieces with one number', async () => {
    const { uploadId } = await begin();
    await put(uploadId, 1, Buffer.alloc(CHUNK_BYTES));
    await sendAll(uploadId);
    expect(await contentOf(uploadId)).toBe(DIGEST);
  });

  it('takes a piece as base64 in JSON too', async () => {
    const { uploadId } = await begin({ bytes: 20 });
    await client.request(putChunk, { uploadId, index: 0, data: Buffer.from('age,sex\n59,2\n60,1\n61').subarray(0, 20).toString('base64') });
    expect(await contentOf(uploadId)).toBe(sha256(Buffer.from('age,sex\n59,2\n60,1\n61').subarray(0, 20)));
  });

  it('goes on under its idempotency key with what is missing', async () => {
    const key = randomUUID();
    const first = await begin({}, key);
    await put(first.uploadId, 1);
    expect(await begin({}, key)).toEqual({ ...first, missing: [0, 2] });
    await sendAll(first.uploadId, [2, 0]);
    expect(await begin({}, key)).toEqual({ ...first, missing: [] });
  });

  it('is one upload for 20 begins at once under one key', async () => {
    const key = randomUUID();
    const begun = await Promise.all(Array.from({ length: 20 }, () => begin({}, key)));
    expect(new Set(begun.map(({ uploadId }) => uploadId)).size).toBe(1);
  });

  it('is another upload for another caller with the same key', async () => {
    const key = randomUUID();
    const { uploadId } = await begin({}, key);
    const theirs = await suite.other.request(beginUpload, { model: MODEL, fileName: 'data.csv', bytes: FILE.length }, { idempotencyKey: key });
    expect(theirs.uploadId).not.toBe(uploadId);
  });

  it.each([
    ['name', { fileName: 'other.csv' }],
    ['size', { bytes: FILE.length + 1 }],
    ['model', { model: 'recovery-time' }],
    ['digest', { digest: sha256(Buffer.from('another')) }],
  ])('refuses a key that was used for a file of another %s', async (_, change) => {
    const key = randomUUID();
    const { uploadId } = await begin({ digest: DIGEST }, key);
    await expect(begin({ digest: DIGEST, ...change }, key)).rejects.toMatchObject({ code: 'CONFLICT', details: { uploadId } });
  });

  it('refuses a model that there is not, and names those that there are', async () => {
    await expect(begin({ model: 'blood-presure' })).rejects.toMatchObject({ code: 'UNKNOWN_MODEL', message: expect.stringContaining('blood-pressure, recovery-time') });
  });

  it.each([['../data.csv'], ['a/b.csv'], ['a\\b.csv'], ['a\nb.csv'], [''], ['x'.repeat(256)]])('refuses the file name %j', async (fileName) => {
    await expect(begin({ fileName })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it.each<[string, number, number, object]>([
    ['a number past the end', 3, 1_000, { index: 3, chunks: 3 }],
    ['a number far past the end', 2 ** 40, 1_000, { index: 2 ** 40, chunks: 3 }],
    ['a piece that is too short', 0, CHUNK_BYTES - 1, { index: 0, expected: CHUNK_BYTES, received: CHUNK_BYTES - 1 }],
    ['a piece that is too long', 1, CHUNK_BYTES + 1, { index: 1, expected: CHUNK_BYTES, received: CHUNK_BYTES + 1 }],
    ['a last piece of full size', 2, CHUNK_BYTES, { index: 2, expected: 1_000, received: CHUNK_BYTES }],
    ['an empty last piece', 2, 0, { index: 2, expected: 1_000, received: 0 }],
  ])('refuses %s and stores nothing', async (...[, index, size, details]) => {
    const { uploadId, missing } = await begin({}, `key-${index}-${size}`);
    await expect(put(uploadId, index, Buffer.alloc(size))).rejects.toMatchObject({ code: expect.stringMatching(/INVALID_REQUEST|MALFORMED_REQUEST/), ...(size > 0 && { details }) });
    expect((await begin({}, `key-${index}-${size}`)).missing).toEqual(missing);
  });

  it('does not exist for another caller', async () => {
    const { uploadId } = await begin();
    const data = pieceOf(2).toString('base64');
    await expect(suite.other.request(putChunk, { uploadId, index: 2, data })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(suite.other.request(finishUpload, { uploadId, digest: DIGEST })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(put(randomUUID(), 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is not finished while pieces are missing, and names them', async () => {
    const { uploadId } = await begin();
    await put(uploadId, 1);
    await expect(client.request(finishUpload, { uploadId, digest: DIGEST })).rejects.toMatchObject({
      code: 'CONFLICT', message: expect.stringContaining('2 of 3 pieces are missing, the first is 0'), details: { missing: [0, 2] },
    });
  });

  it('is one job however often and by how many it is finished', async () => {
    const { uploadId } = await begin();
    await sendAll(uploadId);
    const jobs = await Promise.all(Array.from({ length: 10 }, () => client.request(finishUpload, { uploadId, digest: DIGEST })));
    jobs.push(await client.request(finishUpload, { uploadId, digest: DIGEST }));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    expect(jobs[0]).toMatchObject({ service: 'ingestion', name: 'ingest-dataset', model: MODEL, state: 'queued' });
  });

  it('is the same job when the service died before it could close the upload', async () => {
    const { uploadId } = await begin();
    await sendAll(uploadId);
    const job = await client.request(finishUpload, { uploadId, digest: DIGEST });
    await rowsOf(suite.database, 'UPDATE ingestion.upload SET job_id = NULL, digest = NULL WHERE id = $1', [uploadId]);
    expect((await client.request(finishUpload, { uploadId, digest: DIGEST })).id).toBe(job.id);
  });

  it('loses its pieces and is closed when its job is cancelled, also when the service died before it could close it', async () => {
    const key = randomUUID();
    const { uploadId } = await begin({}, key);
    await sendAll(uploadId);
    const job = await client.request(finishUpload, { uploadId, digest: DIGEST });
    await rowsOf(suite.database, 'UPDATE ingestion.upload SET job_id = NULL, digest = NULL WHERE id = $1', [uploadId]);
    const cancelled = await client.request(cancelJob, { id: job.id });
    while ((await rowsOf(suite.database, 'SELECT 1 FROM ingestion.upload_chunk WHERE upload_id = $1', [uploadId])).length > 0) await setTimeout(20);
    expect((await begin({}, key)).missing).toEqual([]);
    await expect(client.request(finishUpload, { uploadId, digest: DIGEST })).resolves.toEqual(cancelled);
    expect(await begin({}, `${key}-again`)).toMatchObject({ missing: ALL });
  });

  it('takes no more pieces and no other digest once it is finished', async () => {
    const key = randomUUID();
    const { uploadId } = await begin({}, key);
    await sendAll(uploadId);
    await client.request(finishUpload, { uploadId, digest: DIGEST });
    await expect(put(uploadId, 0, Buffer.alloc(CHUNK_BYTES))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(client.request(finishUpload, { uploadId, digest: sha256(Buffer.from('another')) })).rejects.toMatchObject({ code: 'CONFLICT', details: { expected: DIGEST } });
    expect(await contentOf(uploadId)).toBe(DIGEST);
    expect((await begin({}, key)).missing).toEqual([]);
  });

  it('refuses another digest at the end than at the begin', async () => {
    const { uploadId } = await begin({ digest: DIGEST });
    await sendAll(uploadId);
    await expect(client.request(finishUpload, { uploadId, digest: sha256(Buffer.from('another')) })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is forgotten when it is old, unless a job still has to read it', async () => {
    const [old, fresh, queued, failed] = await Promise.all([begin(), begin(), begin(), begin()]);
    await Promise.all([old, queued, failed].map(({ uploadId }) => sendAll(uploadId)));
    await client.request(finishUpload, { uploadId: queued.uploadId, digest: DIGEST });
    const job = await client.request(finishUpload, { uploadId: failed.uploadId, digest: DIGEST });
    await rowsOf(suite.database, "UPDATE ingestion.job SET state = 'failed' WHERE id = $1", [job.id]);
    const age = (ids: string[]) => rowsOf(suite.database, "UPDATE ingestion.upload SET created_at = now() - interval '8 days' WHERE id = ANY($1)", [ids]);
    await age([old.uploadId, queued.uploadId]);
    const told: unknown[] = [];
    const silent = { debug: () => undefined, warn: () => undefined, error: () => undefined, child: () => silent, info: (...line: unknown[]) => void told.push(line) };
    await new UploadSweeper(new UploadStore(suite.database), silent, 7).sweep();
    const counts = await rowsOf<{ id: string; pieces: number }>(
      suite.database,
      'SELECT upload.id, count(upload_id)::int AS pieces FROM ingestion.upload LEFT JOIN ingestion.upload_chunk ON upload_id = upload.id WHERE upload.id = ANY($1) GROUP BY 1',
      [[old, fresh, queued, failed].map(({ uploadId }) => uploadId)],
    );
    expect(Object.fromEntries(counts.map(({ id, pieces }) => [id, pieces]))).toEqual({ [fresh.uploadId]: 0, [queued.uploadId]: 3, [failed.uploadId]: 0 });
    expect(told).toEqual([['uploads that became no dataset were forgotten', { count: 1 }]]);
  });

  it('is refused with UNAVAILABLE while the database is away, and another is taken when it is back', async () => {
    const lost = await begin();
    await suite.postgres.kill();
    for (const attempt of [() => begin(), () => put(lost.uploadId, 0)]) await expect(attempt()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    await suite.postgres.restart();
    // The database of a test is not durable: what it had is not asked for.
    const { uploadId } = await begin();
    await sendAll(uploadId);
    expect(await contentOf(uploadId)).toBe(DIGEST);
  }, START_MS);
});
