/**
 * The prepare job: dataset version → cleaned rows, split, fitted pipeline. Rows that the manifest drops go first, then the
 * rest is split, then the pipeline is fitted on the training rows alone. The prepared table keeps the columns as they were
 * before the pipeline, so that training, evaluation and serving all go through the one function that applies it.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetDescriptor, type DatasetDescriptor, type JobInputOf, type JobResultOf, type ModelManifest, type PreparedDescriptor } from '@salus/contracts';
import type { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import { openEngine, readTable, writeTable, type ColumnSpec, type EngineOptions, type WritableTable } from '@salus/datasets';
import { splitRows } from '@salus/evaluation';
import { Fault } from '@salus/fault';
import { columnOf, fitPipeline, isMissing, requiredByPipeline, tableOf, takeRows, type FittedPipeline, type Table } from '@salus/features';
import type { JobContext, JobResources } from '@salus/jobs';
import type { BlobCache, BlobStore } from '@salus/persistence';
import { canonicalBytes, digestOfFile, type ModelsFolder, type RegisteredModel } from '@salus/registry';
import type { PreparedStore } from '../prepared/prepared.store';

type Input = JobInputOf<typeof prepareDataset>;
type Result = JobResultOf<typeof prepareDataset>;

const DESCRIPTOR_LIMIT = 64 << 20;
const TRAIN = 0;
const TEST = 1;

/** What the job works with. */
export interface PrepareTools extends JobResources {
  readonly prepared: PreparedStore;
  readonly blobs: BlobStore;
  readonly cache: BlobCache;
  readonly models: ModelsFolder;
  readonly engineOptions: Omit<EngineOptions, 'temporaryFolder'>;
}

/** Cleaned rows, where each belongs, and the pipeline. */
export interface Preparation {
  /** `row` (0-based in the file), `split` (0 train, 1 test), features, target and, when there is one, the patient's pseudonym. */
  readonly table: WritableTable;
  readonly pipeline: FittedPipeline;
  readonly rows: PreparedDescriptor['rows'];
}

/**
 * Cleans, splits and fits: the pure part of the job.
 * @param table the dataset: feature and target columns, `row`, and the patient column when the manifest names one
 */
export function prepare(manifest: ModelManifest, table: Table): Preparation {
  const kept = rowsKept(manifest, table);
  const cleaned = takeRows(table, kept);
  const { train, test } = splitRows(manifest.split, cleaned.rowCount, { seed: manifest.seed, patients: patientsOf(manifest, cleaned) });
  const features = tableOf(manifest.features.map(({ name }) => [name, columnOf(cleaned, name)] as const));
  const pipeline = fitPipeline(manifest.pipeline, takeRows(features, train));
  const split = new Int32Array(cleaned.rowCount).fill(TRAIN);
  for (const row of test) split[row] = TEST;
  const columns: WritableTable['columns'] = {
    row: { kind: 'integer', values: Int32Array.from(numbersOf(cleaned, 'row')) },
    split: { kind: 'integer', values: split },
    ...features.columns,
    [manifest.target.name]: columnOf(cleaned, manifest.target.name),
    ...(manifest.patient === undefined ? {} : { [manifest.patient]: columnOf(cleaned, manifest.patient) }),
  };
  return { table: { rowCount: cleaned.rowCount, columns }, pipeline, rows: { train: train.length, test: test.length, dropped: table.rowCount - kept.length } };
}

/** Runs the job. */
export async function runPrepareDataset(input: Input, context: JobContext<Result, PrepareTools>): Promise<void> {
  const { models, blobs, cache, prepared, engineOptions } = context.resources;
  const path = join(context.folder, 'prepared.parquet');
  const model = await models.read(input.model);
  const dataset = await readDescriptor(input, blobs);
  const engine = await openEngine({ ...engineOptions, temporaryFolder: context.folder, folders: [cache.directory] });
  let preparation: Preparation;
  try {
    context.progress({ percent: 10, phase: 'reading' });
    const table = await cache.use(dataset.data.digest, (parquet) => readTable(engine, parquet, { columns: columnsToRead(model.manifest) }));
    context.progress({ percent: 40, phase: 'fitting the pipeline', metrics: { rows: table.rowCount } });
    preparation = prepare(model.manifest, table);
    context.progress({ percent: 70, phase: 'writing' });
    await writeTable(engine, preparation.table, path);
  } finally {
    engine.close();
  }
  const descriptor = await describe({ input, model, preparation, path });
  context.progress({ percent: 90, phase: 'storing' });
  await context.commit(async (transaction) => {
    const { bytes, digest } = canonicalBytes(descriptor);
    const reference = { service: 'preprocessing', fact: `prepared:${digest}` };
    await blobs.put(createReadStream(path), { reference, transaction });
    await blobs.put(model.manifestBytes, { reference, transaction });
    await blobs.put(bytes, { reference, transaction });
    await blobs.addReference(input.dataset, reference, transaction);
    const existed = await prepared.add(digest, descriptor, transaction);
    return { model: input.model, prepared: digest, ...descriptor.rows, existed };
  });
}

async function describe(made: { input: Input; model: RegisteredModel; preparation: Preparation; path: string }): Promise<PreparedDescriptor> {
  const { input, model, preparation, path } = made;
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

async function readDescriptor(input: Input, blobs: BlobStore): Promise<DatasetDescriptor> {
  const text = Buffer.from(await blobs.read(input.dataset, { maxBytes: DESCRIPTOR_LIMIT })).toString('utf8');
  const parsed = datasetDescriptor.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Fault('INVALID_DATA', `blob ${input.dataset} is not the descriptor of a dataset version`, { dataset: input.dataset });
  if (parsed.data.model !== input.model) {
    throw new Fault('INVALID_DATA', `the dataset was checked against model ${parsed.data.model}; expected ${input.model}`, { expected: input.model, received: parsed.data.model });
  }
  return parsed.data;
}

function columnsToRead(manifest: ModelManifest): ColumnSpec[] {
  const patient: ColumnSpec[] = manifest.patient === undefined ? [] : [{ name: manifest.patient, type: 'text' }];
  return [{ name: 'row', type: 'number' }, ...manifest.features, { name: manifest.target.name, type: 'number' }, ...patient];
}

function numbersOf(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  if (column.kind !== 'number') throw new Fault('SHAPE_MISMATCH', `column ${name} is a category; expected numbers`, { column: name });
  return column.values;
}

/** Rows without a missing value in any column that the pipeline drops rows for. */
function rowsKept(manifest: ModelManifest, table: Table): Int32Array {
  const watched = [...requiredByPipeline(manifest.pipeline)].map((name) => columnOf(table, name));
  return Int32Array.from({ length: table.rowCount }, (_, row) => row).filter((row) => !watched.some((column) => isMissing(column, row)));
}

function patientsOf(manifest: ModelManifest, table: Table): Int32Array | undefined {
  if (manifest.patient === undefined) return undefined;
  const column = columnOf(table, manifest.patient);
  return column.kind === 'category' ? column.codes : undefined;
}
