/** Wiring only. */
import { Module, type DynamicModule } from '@nestjs/common';
import { JobsModule, type JobProgram } from '@salus/jobs';
import { PersistenceModule } from '@salus/persistence';
import type { TrainingConfig } from './config';
import { database } from './database';
import { PromotionModule } from './promotion/promotion.module';
import { StartTraining } from './train-model/start-training';
import { trainingJobs } from './train-model/training-jobs';
import { TrainingController } from './training.controller';

@Module({})
export class TrainingModule {
  /** @param program another way to run the job program than the built file beside this one */
  static with(config: TrainingConfig, program?: Partial<JobProgram>): DynamicModule {
    return {
      module: TrainingModule,
      imports: [PersistenceModule.forService(database(config)), JobsModule.forService(trainingJobs(config, program)), PromotionModule],
      controllers: [TrainingController],
      providers: [StartTraining],
    };
  }
}
