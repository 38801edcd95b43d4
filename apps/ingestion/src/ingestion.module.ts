/** Wiring only. */
import { join, resolve } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { cancelJob } from '@salus/contracts/ingestion/cancel-job';
import { getJob } from '@salus/contracts/ingestion/get-job';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { jobChanged } from '@salus/contracts/ingestion/job-changed';
import { listJobs } from '@salus/contracts/ingestion/list-jobs';
import { JobsModule } from '@salus/jobs';
import { PersistenceModule } from '@salus/persistence';
import { ModelsFolder } from '@salus/registry';
import type { IngestionConfig } from './config';
import { database } from './database';
import { DatasetStore } from './dataset/dataset.store';
import { DescribeDataset } from './dataset/describe-dataset';
import { announceDataset } from './ingest-dataset/announce-dataset';
import { IngestionController } from './ingestion.controller';
import { BeginUpload } from './upload/begin-upload';
import { FinishUpload } from './upload/finish-upload';
import { UploadSweeper } from './upload/upload-sweeper';
import { UploadStore } from './upload/upload.store';

@Module({})
export class IngestionModule {
  static with(config: IngestionConfig): DynamicModule {
    return {
      module: IngestionModule,
      imports: [
        PersistenceModule.forService(database(config)),
        JobsModule.forService({
          service: 'ingestion', contracts: [ingestDataset], operations: { getJob, listJobs, cancelJob }, changed: jobChanged, onSuccess: announceDataset,
          program: { entry: join(__dirname, 'job.main.js'), temporaryFolder: resolve(config.TEMPORARY_FOLDER) },
          concurrency: config.JOB_CONCURRENCY, leaseMs: config.JOB_LEASE_MS,
        }),
      ],
      controllers: [IngestionController],
      providers: [
        { provide: ModelsFolder, useValue: new ModelsFolder(config.SALUS_MODELS) },
        UploadStore, DatasetStore, BeginUpload, FinishUpload, DescribeDataset,
        UploadSweeper.keeping(config.UPLOAD_DAYS),
      ],
    };
  }
}
