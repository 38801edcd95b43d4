/** Opens what the train job works with, in its own process. */
import { resolve } from 'node:path';
import { createLog } from '@salus/observability';
import { BlobCache, PostgresBlobStore, openDatabase } from '@salus/persistence';
import { readConfig } from '../config';
import { database } from '../database';
import { VersionStore } from '../versions/version.store';
import type { TrainTools } from './train-model.job';

/** Version of the code that trains; it is part of a version's lineage. */
const CODE_VERSION = '0.1.0';

/** @throws Fault CONFIGURATION, or UNAVAILABLE when the database stays away */
export async function openTrainTools(): Promise<TrainTools> {
  const config = readConfig();
  const dataSource = await openDatabase({ ...database(config), poolSize: 2, applicationName: 'training job', migrate: false });
  const blobs = new PostgresBlobStore(dataSource);
  return {
    dataSource,
    log: createLog({ service: 'training', level: config.LOG_LEVEL }),
    versions: new VersionStore(dataSource),
    blobs,
    cache: new BlobCache({ store: blobs, directory: resolve(config.CACHE_FOLDER), maxBytes: config.CACHE_MB * 2 ** 20 }),
    engineOptions: { memoryLimitMb: config.DUCKDB_MEMORY_MB, threads: config.DUCKDB_THREADS },
    code: CODE_VERSION,
    close: () => dataSource.destroy(),
  };
}
