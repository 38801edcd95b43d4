import 'reflect-metadata';
import { scanContracts } from '@salus/contracts';
import { runService, serviceConfigOf } from '@salus/messaging';
import { readConfig } from './config';
import { IngestionModule } from './ingestion.module';

const config = readConfig();
void runService({
  module: IngestionModule.with(config), name: 'ingestion', version: '0.1.0', description: 'Takes files in: checked, stored as immutable dataset versions',
  config: serviceConfigOf(config), contracts: scanContracts('ingestion'),
}).catch(() => process.exit(1));
