/**
 * The ingest job: upload → file → checked Parquet → dataset version. Everything it stores is written in the one
 * transaction that ends the job, so a bad file, a cancel or a killed process leaves nothing behind.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DatasetDescriptor, JobInputOf, JobResultOf } from '@salus/contracts';
import type { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { checkCsv, openEngine, type EngineOptions } from '@salus/datasets';
import { Fault } from '@salus/fault';
import type { JobContext, JobResources } from '@salus/jobs';
import type { BlobStore } from '@salus/persistence';
import { canonicalBytes, digestOfFile, type ModelsFolder } from '@salus/registry';
import type { DatasetStore } from '../dataset/dataset.store';
import type { UploadEntity } from '../upload/upload.entity';
import type { UploadStore } from '../upload/upload.store';

type Input = JobInputOf<typeof ingestDataset>;

/** What the job works with. */
export interface IngestTools extends JobResources {
  readonly uploads: UploadStore;
  readonly datasets: DatasetStore;
  readonly blobs: BlobStore;
  readonly models: ModelsFolder;
  readonly engineOptions: Omit<EngineOptions, 'temporaryFolder'>;
}

/**
 * Runs the job.
 * @throws Fault INVALID_DATA with the report when the file does not fit the manifest, INTEGRITY when it is not the one
 * whose digest the client gave
 */
export async function runIngestDataset(input: Input, context: Context): Promise<void> {
  const { uploads, datasets, blobs } = context.resources;
  const upload = await uploads.find(input.uploadId);
  const csvPath = join(context.folder, 'upload.csv');
  await writeUpload(upload, csvPath, { input, context });
  const { descriptor, parquetPath, manifestBytes } = await check(upload, csvPath, { input, context });
  context.progress({ percent: 90, phase: 'storing' });
  await context.commit(async (transaction) => {
    const { bytes, digest } = canonicalBytes(descriptor);
    const reference = { service: 'ingestion', fact: `dataset:${digest}` };
    await blobs.put(createReadStream(parquetPath), { reference, transaction });
    await blobs.put(manifestBytes, { reference, transaction });
    await blobs.put(bytes, { reference, transaction });
    const existed = await datasets.add(digest, { descriptor, fileName: upload.fileName }, transaction);
    await uploads.removeChunks(upload.id, transaction);
    return { model: input.model, dataset: digest, rows: descriptor.data.rows, existed };
  });
}

type Context = JobContext<JobResultOf<typeof ingestDataset>, IngestTools>;

interface Step {
  readonly input: Input;
  readonly context: Context;
}

interface Checked {
  readonly descriptor: DatasetDescriptor;
  readonly parquetPath: string;
  readonly manifestBytes: Uint8Array;
}

async function writeUpload(upload: UploadEntity, path: string, { input, context }: Step): Promise<void> {
  const hash = createHash('sha256');
  const total = Number(upload.bytes);
  let written = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of context.resources.uploads.read(upload)) {
      hash.update(chunk);
      written += chunk.byteLength;
      context.progress({ percent: (30 * written) / total, phase: 'receiving', metrics: { bytes: written } });
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted()), createWriteStream(path), { signal: context.signal });
  expectDigest(input.digest, hash);
}

async function check(upload: UploadEntity, csvPath: string, { input, context }: Step): Promise<Checked> {
  const { models, datasets, engineOptions } = context.resources;
  const model = await models.read(input.model);
  const parquetPath = join(context.folder, 'checked.parquet');
  const engine = await openEngine({ ...engineOptions, temporaryFolder: context.folder });
  try {
    const outcome = await checkCsv(engine, {
      csvPath,
      manifest: model.manifest,
      outputPath: parquetPath,
      pseudonymKey: model.manifest.patient === undefined ? undefined : await datasets.pseudonymKey(),
      onProgress: ({ percent, phase, rows }) => context.progress({ percent: 30 + 0.6 * percent, phase, metrics: { rows } }),
      signal: context.signal,
    });
    if (!outcome.accepted) {
      const kinds = Object.entries(outcome.report.issueCount).map(([kind, times]) => `${times} × ${kind}`);
      throw new Fault('INVALID_DATA', `the file does not fit models/${input.model}/model.json: ${kinds.join(', ') || 'no rows'}`, { report: outcome.report });
    }
    const parquet = { digest: await digestOfFile(parquetPath), bytes: (await stat(parquetPath)).size };
    const source = { digest: input.digest, bytes: Number(upload.bytes), format: 'csv' as const };
    const descriptor: DatasetDescriptor = {
      schema: 'salus.dataset/1',
      model: input.model,
      manifest: model.manifestDigest,
      source,
      data: { ...parquet, rows: outcome.report.accepted },
      report: outcome.report,
    };
    return { descriptor, parquetPath, manifestBytes: model.manifestBytes };
  } finally {
    engine.close();
  }
}

function expectDigest(expected: string, hash: Hash): void {
  const received = `sha256:${hash.digest('hex')}`;
  if (received !== expected) throw new Fault('INTEGRITY', 'the uploaded file is not the one whose digest was given', { expected, received });
}
