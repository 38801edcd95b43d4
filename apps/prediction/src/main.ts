import 'reflect-metadata';
import { scanContracts } from '@salus/contracts';
import { runService } from '@salus/messaging';
import { readConfig, serviceConfig } from './config';
import { PredictionModule } from './prediction.module';

const config = readConfig();
void runService({
  module: PredictionModule.with(config), name: 'prediction', version: '0.1.0', description: 'Predicts outcomes, says how sure and why',
  config: serviceConfig(config), contracts: scanContracts('prediction'),
}).catch(() => process.exit(1));
