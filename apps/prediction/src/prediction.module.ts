/** Wiring only. */
import { Module, type DynamicModule } from '@nestjs/common';
import { PersistenceModule } from '@salus/persistence';
import { ServingModule } from '@salus/serving';
import type { PredictionConfig } from './config';
import { DescribeModel } from './describe-model/describe-model';
import { Predict } from './predict/predict';
import { PredictionController } from './prediction.controller';

@Module({})
export class PredictionModule {
  static with(config: PredictionConfig): DynamicModule {
    return {
      module: PredictionModule,
      imports: [
        PersistenceModule.forService({ url: config.DATABASE_URL, service: 'prediction', entities: [], migrations: [], poolSize: config.DATABASE_POOL }),
        ServingModule.forService({ service: 'prediction', only: config.MODELS_SERVED }),
      ],
      controllers: [PredictionController],
      providers: [Predict, DescribeModel],
    };
  }
}
