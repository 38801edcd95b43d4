/** The prepare job: dataset version → prepared dataset. What it stores is written in the one transaction that ends the job. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobInputOf, JobResultOf, ModelManifest, PreparedDescriptor } from '@salus/contracts';
import type { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import { openEngine, readTable, writeTable, type ColumnSpec, type EngineOptions } from '@salus/datasets';
import type { JobContext, JobResources } from '@salus/jobs';
import type { BlobCache, BlobStore } from '@salus/persistence';
import { canonicalBytes, digestOfFile, type ModelsFolder, type RegisteredModel } from '@salus/registry';
import type { PreparedStore } from '../prepared/prepared.store';
import { findDataset } from './checked-dataset';
import { prepare, type Preparation } from './prepare';

type Input = JobInputOf<typeof prepareDataset>;
type Result = JobResultOf<typeof prepareDataset>;

/** What the job works with. */
export interface PrepareTools extends JobResources {
  readonly prepared: PreparedStore;
  readonly blobs: BlobStore;
  readonly cache: BlobCache;
  readonly models: ModelsFolder;
  readonly engineOptions: Omit<EngineOptions, 'temporaryFolder'>;
}

/** Runs the job. */
export async function runPrepareDataset(input: Input, context: JobContext<Result, PrepareTools>): Promise<void> {
  const { models, blobs, prepared } = context.resources;
  const path = join(context.folder, 'prepared.parquet');
  const model = await models.read(input.model);
  const preparation = await prepareInto(path, { input, model, context });
  const descriptor = await describe({ input, model, preparation, path });
  const { bytes, digest } = canonicalBytes(descriptor);
  context.progress({ percent: 90, phase: 'storing' });
  await context.commit(async (transaction) => {
    const reference = { service: 'preprocessing', fact: `prepared:${digest}` };
    await blobs.put(createReadStream(path), { reference, transaction });
    await blobs.put(model.manifestBytes, { reference, transaction });
    await blobs.put(bytes, { reference, transaction });
    await blobs.addReference(input.dataset, reference, transaction);
    const existed = await prepared.add(digest, descriptor, transaction);
    return { model: input.model, prepared: digest, ...descriptor.rows, existed };
  });
}

interface Step {
  readonly input: Input;
  readonly model: RegisteredModel;
  readonly context: JobContext<Result, PrepareTools>;
}

/** Prepares the dataset and writes its rows as Parquet. */
async function prepareInto(path: string, { input, model, context }: Step): Promise<Preparation> {
  const { blobs, cache, engineOptions } = context.resources;
  const dataset = await findDataset(blobs, model, input.dataset);
  const engine = await openEngine({ ...engineOptions, temporaryFolder: context.folder, folders: [cache.directory] });
  try {
    context.progress({ percent: 10, phase: 'reading' });
    const table = await cache.use(dataset.data.digest, (parquet) => readTable(engine, parquet, { columns: columnsToRead(model.manifest) }));
    context.progress({ percent: 40, phase: 'fitting the pipeline', metrics: { rows: table.rowCount } });
    const preparation = prepare(model.manifest, table);
    context.progress({ percent: 70, phase: 'writing' });
    await writeTable(engine, preparation.table, path);
    return preparation;
  } finally {
    engine.close();
  }
}

async function describe({ input, model, preparation, path }: Omit<Step, 'context'> & { preparation: Preparation; path: string }): Promise<PreparedDescriptor> {
  return {
    schema: 'salus.prepared/1',
    model: input.model,
    manifest: model.manifestDigest,
    dataset: input.dataset,
    data: { digest: await digestOfFile(path), bytes: (await stat(path)).size },
    rows: preparation.rows,
    seed: model.manifest.seed,
    pipeline: preparation.pipeline,
  };
}

function columnsToRead(manifest: ModelManifest): ColumnSpec[] {
  const patient: ColumnSpec[] = manifest.patient === undefined ? [] : [{ name: manifest.patient, type: 'text' }];
  return [{ name: 'row', type: 'number' }, ...manifest.features, { name: manifest.target.name, type: 'number' }, ...patient];
}
