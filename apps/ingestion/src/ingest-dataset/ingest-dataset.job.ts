/**
 * The ingest job: upload → file → checked Parquet → dataset version. Everything it stores is written in the one
 * transaction that ends the job, so a bad file, a cancel or a killed process leaves nothing behind.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { JobInputOf, JobResultOf } from '@salus/contracts';
import type { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import type { EngineOptions } from '@salus/datasets';
import type { JobContext, JobResources } from '@salus/jobs';
import type { BlobStore } from '@salus/persistence';
import { canonicalBytes, type ModelsFolder } from '@salus/registry';
import type { DatasetStore } from '../dataset/dataset.store';
import type { UploadStore } from '../upload/upload.store';
import { checkFile } from './check-file';
import { receiveUpload } from './receive-upload';

/** What the job works with. */
export interface IngestTools extends JobResources {
  readonly uploads: UploadStore;
  readonly datasets: DatasetStore;
  readonly blobs: BlobStore;
  readonly models: ModelsFolder;
  readonly engineOptions: Omit<EngineOptions, 'temporaryFolder'>;
}

type Context = JobContext<JobResultOf<typeof ingestDataset>, IngestTools>;

/** Percent of the job when the file is received, and when it is checked. */
const RECEIVED = 30;
const CHECKED = 90;

/**
 * Runs the job.
 * @throws Fault INVALID_DATA with the report when the file does not fit the manifest, INTEGRITY when it is not the one
 * whose digest the client gave, NOT_FOUND when the upload was given up
 */
export async function runIngestDataset(input: JobInputOf<typeof ingestDataset>, context: Context): Promise<void> {
  const { signal, folder } = context;
  const { uploads, datasets, blobs, models, engineOptions } = context.resources;
  const [csvPath, parquetPath] = [join(folder, 'upload.csv'), join(folder, 'checked.parquet')];
  const upload = await uploads.find(input.uploadId);
  const model = await models.read(input.model);
  await receiveUpload({
    uploads, upload, digest: input.digest, path: csvPath, signal,
    onProgress: (bytes) => context.progress({ percent: (RECEIVED * bytes) / upload.bytes, phase: 'receiving', metrics: { bytes } }),
  });
  const descriptor = await checkFile({
    model, csvPath, parquetPath, engineOptions, signal,
    source: { digest: input.digest, bytes: upload.bytes, format: 'csv' },
    pseudonymKey: model.manifest.patient === undefined ? undefined : await datasets.pseudonymKey(),
    onProgress: ({ percent, phase, rows }) => context.progress({ percent: RECEIVED + ((CHECKED - RECEIVED) / 100) * percent, phase, metrics: { rows } }),
  });
  const { bytes, digest } = canonicalBytes(descriptor);
  context.progress({ percent: CHECKED, phase: 'storing' });
  await context.commit(async (transaction) => {
    const reference = { service: 'ingestion', fact: `dataset:${digest}` };
    await blobs.put(createReadStream(parquetPath), { reference, transaction });
    await blobs.put(model.manifestBytes, { reference, transaction });
    await blobs.put(bytes, { reference, transaction });
    const existed = await datasets.add(digest, { descriptor, fileName: upload.fileName }, transaction);
    await uploads.settle(upload.id, context.jobId, transaction);
    return { model: input.model, dataset: digest, rows: descriptor.data.rows, existed };
  });
}
