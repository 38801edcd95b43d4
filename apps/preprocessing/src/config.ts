/** The settings of this service; the only reader of the environment. */
import { databaseSettings, engineSettings, jobSettings, modelsSettings, readConfiguration, serviceSettings } from '@salus/contracts';
import type { z } from 'zod';

export const configSchema = serviceSettings.extend({ ...databaseSettings, ...modelsSettings, ...jobSettings, ...engineSettings });
export type PreprocessingConfig = z.output<typeof configSchema>;

export const readConfig = (): PreprocessingConfig => readConfiguration(configSchema, process.env);
