import 'reflect-metadata';
import { scanContracts } from '@salus/contracts';
import { runService, serviceConfigOf } from '@salus/messaging';
import { readConfig } from './config';
import { TrainingModule } from './training.module';

const config = readConfig();
void runService({
  module: TrainingModule.with(config), name: 'training', version: '0.1.0', description: 'Fits, evaluates, registers and promotes model versions',
  config: serviceConfigOf(config), contracts: scanContracts('training'),
}).catch(() => process.exit(1));
