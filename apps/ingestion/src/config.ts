/** The settings of this service; the only reader of the environment. */
import { databaseSettings, engineSettings, jobSettings, modelsSettings, readConfiguration, serviceSettings } from '@salus/contracts';
import { z } from 'zod';

export const configSchema = serviceSettings.extend({
  ...databaseSettings,
  ...modelsSettings,
  ...jobSettings,
  ...engineSettings,
  UPLOAD_DAYS: z.coerce.number().int().min(1).default(7).describe('Days after which an upload that nobody finished is forgotten; pieces of a refused or cancelled one go at once.'),
});
export type IngestionConfig = z.output<typeof configSchema>;

export const readConfig = (): IngestionConfig => readConfiguration(configSchema, process.env);
