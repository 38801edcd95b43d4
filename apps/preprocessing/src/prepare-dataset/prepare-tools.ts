/** Opens what the prepare job works with, in its own process. */
import { resolve } from 'node:path';
import { createLog } from '@salus/observability';
import { BlobCache, PostgresBlobStore, openDatabase } from '@salus/persistence';
import { ModelsFolder } from '@salus/registry';
import { readConfig } from '../config';
import { database } from '../database';
import { PreparedStore } from '../prepared/prepared.store';
import type { PrepareTools } from './prepare-dataset.job';

/** @throws Fault CONFIGURATION, or UNAVAILABLE when the database stays away */
export async function openPrepareTools(): Promise<PrepareTools> {
  const config = readConfig();
  const dataSource = await openDatabase({ ...database(config), poolSize: 2, applicationName: 'preprocessing job', migrate: false });
  const blobs = new PostgresBlobStore(dataSource);
  return {
    dataSource,
    log: createLog({ service: 'preprocessing', level: config.LOG_LEVEL }),
    prepared: new PreparedStore(dataSource),
    blobs,
    cache: new BlobCache({ store: blobs, directory: resolve(config.CACHE_FOLDER), maxBytes: config.CACHE_MB * 2 ** 20 }),
    models: new ModelsFolder(config.SALUS_MODELS),
    engineOptions: { memoryLimitMb: config.DUCKDB_MEMORY_MB, threads: config.DUCKDB_THREADS },
    close: () => dataSource.destroy(),
  };
}
