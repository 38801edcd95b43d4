import 'reflect-metadata';
import { scanContracts } from '@salus/contracts';
import { runService, serviceConfigOf } from '@salus/messaging';
import { readConfig } from './config';
import { PreprocessingModule } from './preprocessing.module';

const config = readConfig();
void runService({
  module: PreprocessingModule.with(config), name: 'preprocessing', version: '0.1.0', description: 'Cleans, transforms and splits datasets',
  config: serviceConfigOf(config), contracts: scanContracts('preprocessing'),
}).catch(() => process.exit(1));
