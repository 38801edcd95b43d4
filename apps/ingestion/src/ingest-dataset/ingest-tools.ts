/** Opens what the ingest job works with, in its own process. */
import { createLog } from '@salus/observability';
import { PostgresBlobStore, openDatabase } from '@salus/persistence';
import { ModelsFolder } from '@salus/registry';
import { readConfig } from '../config';
import { database } from '../database';
import { DatasetStore } from '../dataset/dataset.store';
import { UploadStore } from '../upload/upload.store';
import type { IngestTools } from './ingest-dataset.job';

/** @throws Fault CONFIGURATION, or UNAVAILABLE when the database stays away */
export async function openIngestTools(): Promise<IngestTools> {
  const config = readConfig();
  const dataSource = await openDatabase({ ...database(config), poolSize: 2, applicationName: 'ingestion job', migrate: false });
  return {
    dataSource,
    log: createLog({ service: 'ingestion', level: config.LOG_LEVEL }),
    uploads: new UploadStore(dataSource),
    datasets: new DatasetStore(dataSource),
    blobs: new PostgresBlobStore(dataSource),
    models: new ModelsFolder(config.SALUS_MODELS),
    engineOptions: { memoryLimitMb: config.DUCKDB_MEMORY_MB, threads: config.DUCKDB_THREADS },
    close: () => dataSource.destroy(),
  };
}
