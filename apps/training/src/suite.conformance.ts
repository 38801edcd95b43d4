/** How the suites of this service start it, and how they store a prepared dataset as preprocessing does. */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEnded, readConfiguration, scanContracts, type JobView, type PreparedDescriptor } from '@salus/contracts';
import { getJob } from '@salus/contracts/training/get-job';
import { openEngine, writeTable } from '@salus/datasets';
import { KeyValue, connectClient, runService, serviceConfigOf, type Client } from '@salus/messaging';
import { PostgresBlobStore, inTransaction, type BlobStore } from '@salus/persistence';
import { REGISTRY_BUCKET, canonicalBytes, digestOfFile, saveArtifact, type Artifact } from '@salus/registry';
import { startNats, startPostgres, type NatsTestServer } from '@salus/testkit';
import { DataSource } from 'typeorm';
import { configSchema } from './config';
import { preparedRows } from './train-model/prepared-rows.conformance';
import { TrainingModule } from './training.module';
import { VersionStore } from './versions/version.store';

/** The job program from its source, as there may be no build. */
const FROM_SOURCE = { entry: join(__dirname, 'job.main.ts'), execArgv: ['--conditions=@salus/source', '-r', '@swc-node/register'] };

/** The running service. */
export interface TrainingSuite {
  readonly client: Client;
  readonly nats: NatsTestServer;
  readonly database: DataSource;
  readonly blobs: BlobStore;
  /** What stands in the registry bucket under each key. */
  bucket(): Promise<Record<string, unknown>>;
  /** Stores the bundled data of a model as a prepared dataset; gives its digest. */
  store(model: string): Promise<string>;
  /** Registers an artifact. */
  register(artifact: Artifact): Promise<number>;
  close(): Promise<void>;
}

export async function startTraining(): Promise<TrainingSuite> {
  const folder = mkdtempSync(join(tmpdir(), 'salus-training-'));
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  const env = { NATS_URL: nats.serviceUrl, DATABASE_URL: postgres.url, TEMPORARY_FOLDER: join(folder, 'temporary'), CACHE_FOLDER: join(folder, 'cache'), LOG_LEVEL: 'silent' };
  const config = readConfiguration(configSchema, env);
  const service = await runService({
    module: TrainingModule.with(config, { ...FROM_SOURCE, env }), name: 'training', version: '0.1.0', description: 'test', handlesSignals: false,
    config: serviceConfigOf(config), contracts: scanContracts('training'),
  });
  const client = await connectClient({ ...nats.clients.client, checksReplies: true });
  const database = service.app.get(DataSource, { strict: false });
  const bucket = service.app.get(KeyValue, { strict: false }).open(REGISTRY_BUCKET);
  const blobs = new PostgresBlobStore(database);
  return {
    client, nats, database, blobs,
    bucket: async () => {
      const entries = await Promise.all((await bucket.keys()).map(async (key) => [key, await bucket.get(key)] as const));
      return Object.fromEntries(entries.map(([key, bytes]) => [key, JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as unknown]));
    },
    store: (model) => storePrepared(model, { blobs, folder }),
    register: (artifact) =>
      inTransaction(database, async (transaction) => {
        const digest = await saveArtifact(blobs, artifact, transaction);
        return (await new VersionStore(database).add(digest, artifact.descriptor, transaction)).version;
      }),
    close: async () => {
      await client.close();
      await service.close();
      await Promise.all([nats.stop(), postgres.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function storePrepared(id: string, { blobs, folder }: { blobs: BlobStore; folder: string }): Promise<string> {
  const { model, table, request } = await preparedRows(id);
  const path = join(folder, `${id}.parquet`);
  const engine = await openEngine({ memoryLimitMb: 128, threads: 1, temporaryFolder: folder });
  await writeTable(engine, table, path);
  engine.close();
  const descriptor: PreparedDescriptor = { ...request.descriptor, data: { digest: await digestOfFile(path), bytes: (await stat(path)).size } };
  const { bytes, digest } = canonicalBytes(descriptor);
  const reference = { service: 'preprocessing', fact: `prepared:${digest}` };
  for (const source of [createReadStream(path), model.manifestBytes, bytes]) await blobs.put(source, { reference });
  return digest;
}

/** Waits until the job has ended. */
export async function ended(client: Client, job: JobView): Promise<JobView> {
  let view = job;
  while (!isEnded(view.state)) view = await client.request(getJob, { id: job.id, afterRevision: view.revision, waitMs: 10_000 });
  return view;
}
