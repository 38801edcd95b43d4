/** What this service keeps in PostgreSQL; the service and its job processes open the same. */
import { jobEntities, jobMigrations } from '@salus/jobs/process';
import type { DatabaseOptions } from '@salus/persistence';
import { Training1700000000001 } from './1-training.migration';
import type { TrainingConfig } from './config';
import { AliasChangeEntity, AliasEntity } from './promotion/alias.entity';
import { VersionEntity } from './versions/version.entity';

export const database = (config: TrainingConfig): DatabaseOptions => ({
  url: config.DATABASE_URL,
  service: 'training',
  entities: [VersionEntity, AliasEntity, AliasChangeEntity, ...jobEntities],
  migrations: [Training1700000000001, ...jobMigrations],
  poolSize: config.DATABASE_POOL,
});
