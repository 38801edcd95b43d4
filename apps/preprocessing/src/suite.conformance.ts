/** How the suites of this service start it, and how they store a dataset version as ingestion does. */
import { createReadStream, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEnded, readConfiguration, scanContracts, type DatasetDescriptor, type JobView } from '@salus/contracts';
import { getJob } from '@salus/contracts/preprocessing/get-job';
import { checkCsv, openEngine } from '@salus/datasets';
import { connectClient, runService, serviceConfigOf, type Client } from '@salus/messaging';
import { PostgresBlobStore, type BlobStore } from '@salus/persistence';
import { ModelsFolder, canonicalBytes, digestOfFile } from '@salus/registry';
import { startNats, startPostgres } from '@salus/testkit';
import { DataSource } from 'typeorm';
import { configSchema } from './config';
import { PreprocessingModule } from './preprocessing.module';

const ROOT = join(__dirname, '../../..');
/** The job program from its source, as there may be no build. */
const FROM_SOURCE = { entry: join(__dirname, 'job.main.ts'), execArgv: ['--conditions=@salus/source', '-r', '@swc-node/register'] };
const PSEUDONYM_KEY = Buffer.alloc(32, 7);

/** The running service. */
export interface PreprocessingSuite {
  readonly client: Client;
  readonly database: DataSource;
  readonly blobs: BlobStore;
  readonly folder: string;
  /** Stores the bundled data of a model as a dataset version; gives its digest. */
  store(model: string): Promise<string>;
  /** Changes a model's manifest; `id` makes another model of it. */
  edit(model: string, change: Readonly<Record<string, unknown>>): void;
  close(): Promise<void>;
}

export async function startPreprocessing(): Promise<PreprocessingSuite> {
  const folder = mkdtempSync(join(tmpdir(), 'salus-preprocessing-'));
  const models = join(folder, 'models');
  cpSync(join(ROOT, 'models'), models, { recursive: true });
  cpSync(join(ROOT, 'libs/registry/fixtures/models'), models, { recursive: true });
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  const env = {
    NATS_URL: nats.serviceUrl, DATABASE_URL: postgres.url, SALUS_MODELS: models, TEMPORARY_FOLDER: join(folder, 'temporary'), CACHE_FOLDER: join(folder, 'cache'), LOG_LEVEL: 'silent',
  };
  const config = readConfiguration(configSchema, env);
  const service = await runService({
    module: PreprocessingModule.with(config, { ...FROM_SOURCE, env }), name: 'preprocessing', version: '0.1.0', description: 'test', handlesSignals: false,
    config: serviceConfigOf(config), contracts: scanContracts('preprocessing'),
  });
  const client = await connectClient({ ...nats.clients.client, checksReplies: true });
  const database = service.app.get(DataSource, { strict: false });
  const blobs = new PostgresBlobStore(database);
  return {
    client, database, blobs, folder,
    store: (model) => storeDataset(model, { models, blobs, folder }),
    edit: (model, change) => editManifest(join(models, model), join(models, String(change.id ?? model)), change),
    close: async () => {
      await client.close();
      await service.close();
      await Promise.all([nats.stop(), postgres.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function editManifest(from: string, to: string, change: Readonly<Record<string, unknown>>): void {
  if (from !== to) cpSync(from, to, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(from, 'model.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(to, 'model.json'), JSON.stringify({ ...manifest, ...change }));
}

async function storeDataset(id: string, { models, blobs, folder }: { models: string; blobs: BlobStore; folder: string }): Promise<string> {
  const model = await new ModelsFolder(models).read(id);
  const csvPath = join(model.folder, model.manifest.data?.file ?? '');
  const outputPath = join(folder, `${id}.parquet`);
  const engine = await openEngine({ memoryLimitMb: 128, threads: 1, temporaryFolder: folder });
  const { accepted, report } = await checkCsv(engine, { csvPath, outputPath, manifest: model.manifest, pseudonymKey: PSEUDONYM_KEY });
  engine.close();
  if (!accepted) throw new Error(`the data of ${id} do not fit: ${JSON.stringify(report.issueCount)}`);
  const descriptor: DatasetDescriptor = {
    schema: 'salus.dataset/1', model: id, manifest: model.manifestDigest, report,
    source: { digest: await digestOfFile(csvPath), bytes: (await stat(csvPath)).size, format: 'csv' },
    data: { digest: await digestOfFile(outputPath), bytes: (await stat(outputPath)).size, rows: report.accepted },
  };
  const { bytes, digest } = canonicalBytes(descriptor);
  const reference = { service: 'ingestion', fact: `dataset:${digest}` };
  for (const source of [createReadStream(outputPath), model.manifestBytes, bytes]) await blobs.put(source, { reference });
  return digest;
}

/** Waits until the job has ended. */
export async function ended(client: Client, job: JobView): Promise<JobView> {
  let view = job;
  while (!isEnded(view.state)) view = await client.request(getJob, { id: job.id, afterRevision: view.revision, waitMs: 10_000 });
  return view;
}
