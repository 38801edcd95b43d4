/** The settings of this service; the only reader of the environment. */
import { databaseSettings, engineSettings, jobSettings, modelsSettings, readConfiguration, serviceSettings } from '@salus/contracts';
import type { z } from 'zod';

export const configSchema = serviceSettings.extend({ ...databaseSettings, ...modelsSettings, ...jobSettings, ...engineSettings });
export type TrainingConfig = z.output<typeof configSchema>;

export const readConfig = (): TrainingConfig => readConfiguration(configSchema, process.env);
