/** Wiring only. */
import { join, resolve } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { cancelJob } from '@salus/contracts/preprocessing/cancel-job';
import { getJob } from '@salus/contracts/preprocessing/get-job';
import { jobChanged } from '@salus/contracts/preprocessing/job-changed';
import { listJobs } from '@salus/contracts/preprocessing/list-jobs';
import { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import { JobsModule } from '@salus/jobs';
import { PersistenceModule } from '@salus/persistence';
import { ModelsFolder } from '@salus/registry';
import type { PreprocessingConfig } from './config';
import { database } from './database';
import { announcePrepared } from './prepare-dataset/announce-prepared';
import { StartPreparation } from './prepare-dataset/start-preparation';
import { ListPrepared } from './prepared/list-prepared';
import { PreparedStore } from './prepared/prepared.store';
import { PreprocessingController } from './preprocessing.controller';

@Module({})
export class PreprocessingModule {
  static with(config: PreprocessingConfig): DynamicModule {
    return {
      module: PreprocessingModule,
      imports: [
        PersistenceModule.forService(database(config)),
        JobsModule.forService({
          service: 'preprocessing', contracts: [prepareDataset], operations: { getJob, listJobs, cancelJob }, changed: jobChanged, onSuccess: announcePrepared,
          program: { entry: join(__dirname, 'job.main.js'), temporaryFolder: resolve(config.TEMPORARY_FOLDER) },
          concurrency: config.JOB_CONCURRENCY, leaseMs: config.JOB_LEASE_MS,
        }),
      ],
      controllers: [PreprocessingController],
      providers: [{ provide: ModelsFolder, useValue: new ModelsFolder(config.SALUS_MODELS) }, PreparedStore, StartPreparation, ListPrepared],
    };
  }
}
