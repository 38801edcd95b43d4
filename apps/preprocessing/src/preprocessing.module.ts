/** Wiring only. */
import { Module, type DynamicModule } from '@nestjs/common';
import { JobsModule, type JobProgram } from '@salus/jobs';
import { PersistenceModule } from '@salus/persistence';
import { ModelsFolder } from '@salus/registry';
import type { PreprocessingConfig } from './config';
import { database } from './database';
import { preparationJobs } from './prepare-dataset/preparation-jobs';
import { StartPreparation } from './prepare-dataset/start-preparation';
import { ListPrepared } from './prepared/list-prepared';
import { PreparedStore } from './prepared/prepared.store';
import { PreprocessingController } from './preprocessing.controller';

@Module({})
export class PreprocessingModule {
  /** @param program another way to run the job program than the built file beside this one */
  static with(config: PreprocessingConfig, program?: Partial<JobProgram>): DynamicModule {
    return {
      module: PreprocessingModule,
      imports: [PersistenceModule.forService(database(config)), JobsModule.forService(preparationJobs(config, program))],
      controllers: [PreprocessingController],
      providers: [{ provide: ModelsFolder, useValue: new ModelsFolder(config.SALUS_MODELS) }, PreparedStore, StartPreparation, ListPrepared],
    };
  }
}
