/** The settings of this service; the only reader of the environment. */
import { databaseSettings, readConfiguration, serviceSettings } from '@salus/contracts';
import { z } from 'zod';

export const configSchema = serviceSettings.extend({
  ...databaseSettings,
  MODELS_SERVED: z.string().optional().describe('Model ids with commas: answer with these alone. All promoted models if left out.'),
});
export type PredictionConfig = z.output<typeof configSchema>;

export const readConfig = (): PredictionConfig => readConfiguration(configSchema, process.env);
