/** What this service keeps in PostgreSQL; the service and its job processes open the same. */
import { jobEntities, jobMigrations } from '@salus/jobs/process';
import type { DatabaseOptions } from '@salus/persistence';
import { Ingestion1700000000001 } from './1-ingestion.migration';
import type { IngestionConfig } from './config';
import { DatasetEntity, PseudonymKeyEntity } from './dataset/dataset.entity';
import { UploadChunkEntity, UploadEntity } from './upload/upload.entity';

export const database = (config: IngestionConfig): DatabaseOptions => ({
  url: config.DATABASE_URL,
  service: 'ingestion',
  entities: [UploadEntity, UploadChunkEntity, DatasetEntity, PseudonymKeyEntity, ...jobEntities],
  migrations: [Ingestion1700000000001, ...jobMigrations],
  poolSize: config.DATABASE_POOL,
});
