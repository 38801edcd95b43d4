/** Wiring only. */
import { Module, type DynamicModule } from '@nestjs/common';
import { JobsModule, type JobProgram } from '@salus/jobs';
import { PersistenceModule } from '@salus/persistence';
import type { IngestionConfig } from './config';
import { database } from './database';
import { DatasetController } from './dataset/dataset.controller';
import { DatasetStore } from './dataset/dataset.store';
import { DescribeDataset } from './dataset/describe-dataset';
import { ingestJobs } from './ingest-dataset/ingest-jobs';
import { IngestionController } from './ingestion.controller';
import { UploadModule } from './upload/upload.module';

@Module({})
export class IngestionModule {
  /** @param program another way to run the job program than the built file beside this one */
  static with(config: IngestionConfig, program?: Partial<JobProgram>): DynamicModule {
    return {
      module: IngestionModule,
      imports: [
        PersistenceModule.forService(database(config)),
        JobsModule.forService(ingestJobs(config, program)),
        UploadModule.with({ models: config.SALUS_MODELS, days: config.UPLOAD_DAYS }),
      ],
      controllers: [IngestionController, DatasetController],
      providers: [DatasetStore, DescribeDataset],
    };
  }
}
