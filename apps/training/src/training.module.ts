/** Wiring only. */
import { join, resolve } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { cancelJob } from '@salus/contracts/training/cancel-job';
import { getJob } from '@salus/contracts/training/get-job';
import { jobChanged } from '@salus/contracts/training/job-changed';
import { listJobs } from '@salus/contracts/training/list-jobs';
import { trainModel } from '@salus/contracts/training/train-model';
import { JobsModule } from '@salus/jobs';
import { KeyValue } from '@salus/messaging';
import { PersistenceModule } from '@salus/persistence';
import { PromotionProjection, REGISTRY_BUCKET } from '@salus/registry';
import type { TrainingConfig } from './config';
import { database } from './database';
import { ChangePromotion } from './promotion/change-promotion';
import { PromotionStore } from './promotion/promotion.store';
import { RegistryProjector } from './promotion/registry-projector';
import { announceVersion } from './train-model/announce-version';
import { StartTraining } from './train-model/start-training';
import { TrainingController } from './training.controller';
import { VersionStore } from './versions/version.store';

@Module({})
export class TrainingModule {
  static with(config: TrainingConfig): DynamicModule {
    return {
      module: TrainingModule,
      imports: [
        PersistenceModule.forService(database(config)),
        JobsModule.forService({
          service: 'training', contracts: [trainModel], operations: { getJob, listJobs, cancelJob }, changed: jobChanged, onSuccess: announceVersion,
          program: { entry: join(__dirname, 'job.main.js'), temporaryFolder: resolve(config.TEMPORARY_FOLDER) },
          concurrency: config.JOB_CONCURRENCY, leaseMs: config.JOB_LEASE_MS,
        }),
      ],
      controllers: [TrainingController],
      providers: [
        { provide: PromotionProjection, useFactory: (buckets: KeyValue) => new PromotionProjection(buckets.open(REGISTRY_BUCKET)), inject: [KeyValue] },
        VersionStore, PromotionStore, RegistryProjector, ChangePromotion, StartTraining,
      ],
    };
  }
}
