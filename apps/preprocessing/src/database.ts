/** What this service keeps in PostgreSQL; the service and its job processes open the same. */
import { jobEntities, jobMigrations } from '@salus/jobs/process';
import type { DatabaseOptions } from '@salus/persistence';
import { Preprocessing1700000000001 } from './1-preprocessing.migration';
import type { PreprocessingConfig } from './config';
import { PreparedEntity } from './prepared/prepared.entity';

export const database = (config: PreprocessingConfig): DatabaseOptions => ({
  url: config.DATABASE_URL,
  service: 'preprocessing',
  entities: [PreparedEntity, ...jobEntities],
  migrations: [Preprocessing1700000000001, ...jobMigrations],
  poolSize: config.DATABASE_POOL,
});
