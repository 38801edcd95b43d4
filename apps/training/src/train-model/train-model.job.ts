/** The train job: prepared dataset → registered version. Artifact, version and end of the job are one transaction. */
import { manifestSchema, type JobInputOf, type JobResultOf, type ModelManifest } from '@salus/contracts';
import type { trainModel } from '@salus/contracts/training/train-model';
import { openEngine, readTable, type ColumnSpec, type Engine, type EngineOptions } from '@salus/datasets';
import { Fault } from '@salus/fault';
import { columnOf, type Table } from '@salus/features';
import type { JobContext, JobResources } from '@salus/jobs';
import type { BlobCache, BlobStore } from '@salus/persistence';
import { readDescriptor, saveArtifact } from '@salus/registry';
import type { VersionStore } from '../versions/version.store';
import { findPrepared } from './prepared-dataset';
import { train, type TrainingRequest } from './train';

type Input = JobInputOf<typeof trainModel>;
type Result = JobResultOf<typeof trainModel>;

/** Values of the column `split`. */
const TRAIN = 0;
const TEST = 1;

/** What the job works with. */
export interface TrainTools extends JobResources {
  readonly versions: VersionStore;
  readonly blobs: BlobStore;
  readonly cache: BlobCache;
  readonly engineOptions: Omit<EngineOptions, 'temporaryFolder'>;
  /** Version of the code; it is part of the lineage. */
  readonly code: string;
}

/** Runs the job. */
export async function runTrainModel(input: Input, context: JobContext<Result, TrainTools>): Promise<void> {
  const { blobs, versions } = context.resources;
  context.progress({ percent: 2, phase: 'reading' });
  const request = await readRequest(input, context);
  context.progress({ percent: 20, phase: 'fitting', metrics: { rows: request.train.rowCount } });
  const artifact = await train({
    ...request,
    signal: context.signal,
    progress: ({ fraction, phase, metrics }) => context.progress({ percent: 20 + 60 * fraction, phase, metrics }),
  });
  const { metrics } = artifact.descriptor;
  context.progress({ percent: 90, phase: 'registering', metrics: Object.fromEntries(metrics.map(({ name, value }) => [name, value])) });
  await context.commit(async (transaction) => {
    const digest = await saveArtifact(blobs, artifact, transaction);
    await blobs.addReference(input.prepared, { service: 'training', fact: `artifact:${digest}` }, transaction);
    const { version, existed } = await versions.add(digest, artifact.descriptor, transaction);
    return { model: input.model, version, artifact: digest, metrics, existed };
  });
}

async function readRequest(input: Input, { resources, folder }: JobContext<Result, TrainTools>): Promise<TrainingRequest> {
  const { blobs, cache, engineOptions, code } = resources;
  const descriptor = await findPrepared(blobs, input.model, input.prepared);
  const manifest = await readDescriptor(blobs, descriptor.manifest, { schema: manifestSchema, title: 'the manifest of a model' });
  const engine = await openEngine({ ...engineOptions, temporaryFolder: folder, folders: [cache.directory] });
  try {
    return await cache.use(descriptor.data.digest, async (path) => {
      const train = await readRows({ engine, path, manifest }, TRAIN);
      const test = await readRows({ engine, path, manifest }, TEST);
      return { manifest, prepared: input.prepared, descriptor, train, test, patients: patientsOf(manifest, train), code };
    });
  } finally {
    engine.close();
  }
}

function readRows({ engine, path, manifest }: { engine: Engine; path: string; manifest: ModelManifest }, split: number): Promise<Table> {
  const patient: ColumnSpec[] = manifest.patient === undefined ? [] : [{ name: manifest.patient, type: 'text' }];
  const columns: ColumnSpec[] = [...manifest.features, { name: manifest.target.name, type: 'number' }, ...patient];
  return readTable(engine, path, { columns, where: { column: 'split', equals: split } });
}

/** A number per patient, the same for rows of the same patient. */
function patientsOf(manifest: ModelManifest, table: Table): Int32Array | undefined {
  if (manifest.patient === undefined) return undefined;
  const column = columnOf(table, manifest.patient);
  if (column.kind === 'category') return column.codes;
  throw new Fault('INVALID_DATA', `patient column ${manifest.patient} holds numbers; expected pseudonyms`, { column: manifest.patient });
}
