/** How the suites of this service start it: the real module on a nats-server and a PostgreSQL of their own. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEnded, readConfiguration, scanContracts, type JobView } from '@salus/contracts';
import { beginUpload } from '@salus/contracts/ingestion/begin-upload';
import { finishUpload } from '@salus/contracts/ingestion/finish-upload';
import { getJob } from '@salus/contracts/ingestion/get-job';
import { putChunk } from '@salus/contracts/ingestion/put-chunk';
import { connectClient, runService, serviceConfigOf, type Client } from '@salus/messaging';
import { startNats, startPostgres, type PostgresTestServer } from '@salus/testkit';
import { DataSource } from 'typeorm';
import { configSchema } from './config';
import { IngestionModule } from './ingestion.module';

const ROOT = join(__dirname, '../../..');
/** The job program from its source, as there may be no build. */
const FROM_SOURCE = { entry: join(__dirname, 'job.main.ts'), execArgv: ['--conditions=@salus/source', '-r', '@swc-node/register'] };

/** The running service with two clients that the server tells apart. */
export interface IngestionSuite {
  readonly client: Client;
  readonly other: Client;
  readonly database: DataSource;
  readonly postgres: PostgresTestServer;
  /** Copies of the models of the repository and its fixtures. */
  readonly models: string;
  close(): Promise<void>;
}

/** @param settings beside those that point at the servers of the suite */
export async function startIngestion(settings: Readonly<Record<string, string>> = {}): Promise<IngestionSuite> {
  const folder = mkdtempSync(join(tmpdir(), 'salus-ingestion-'));
  const models = join(folder, 'models');
  cpSync(join(ROOT, 'models'), models, { recursive: true });
  cpSync(join(ROOT, 'libs/registry/fixtures/models'), models, { recursive: true });
  const [nats, postgres] = await Promise.all([startNats({ clients: ['clinic', 'other'] }), startPostgres()]);
  const env = {
    NATS_URL: nats.serviceUrl, DATABASE_URL: postgres.url, SALUS_MODELS: models, TEMPORARY_FOLDER: join(folder, 'temporary'), CACHE_FOLDER: join(folder, 'cache'),
    LOG_LEVEL: 'silent', ...settings,
  };
  const config = readConfiguration(configSchema, env);
  const service = await runService({
    module: IngestionModule.with(config, { ...FROM_SOURCE, env }), name: 'ingestion', version: '0.1.0', description: 'test', handlesSignals: false,
    config: serviceConfigOf(config), contracts: scanContracts('ingestion'),
  });
  const [client, other] = await Promise.all(['clinic', 'other'].map((name) => connectClient({ ...nats.clients[name], checksReplies: true })));
  const close = async (): Promise<void> => {
    await Promise.all([client.close(), other.close()]);
    await service.close();
    await Promise.all([nats.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  return { client, other, database: service.app.get(DataSource, { strict: false }), postgres, models, close };
}

/** `sha256:` and 64 hexadecimal digits. */
export const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** What to send; the digest is the right one if left out. */
export interface Sending {
  readonly model: string;
  readonly file: Uint8Array;
  readonly digest?: string;
}

/** Sends a file whole and hands it to its job. */
export async function sendFile(client: Client, { model, file, digest = sha256(file) }: Sending): Promise<JobView> {
  const { uploadId, chunkBytes, chunks } = await client.request(beginUpload, { model, fileName: 'data.csv', bytes: file.length });
  for (let index = 0; index < chunks; index++) {
    const bytes = file.subarray(index * chunkBytes, (index + 1) * chunkBytes);
    await client.request(putChunk, { uploadId, index } as never, { bytes });
  }
  return client.request(finishUpload, { uploadId, digest });
}

/** Waits until the job has ended. */
export async function ended(client: Client, job: JobView): Promise<JobView> {
  let view = job;
  while (!isEnded(view.state)) view = await client.request(getJob, { id: job.id, afterRevision: view.revision, waitMs: 10_000 });
  return view;
}
