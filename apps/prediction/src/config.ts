/** The settings of this service; the only reader of the environment. */
import { databaseSettings, modelId, readConfiguration, serviceSettings } from '@salus/contracts';
import { serviceConfigOf, type ServiceConfig } from '@salus/messaging';
import { z } from 'zod';

const modelIds = z
  .string()
  .transform((text) => text.split(',').map((id) => id.trim()).filter((id) => id !== ''))
  .pipe(z.array(modelId).min(1));

export const configSchema = serviceSettings.extend({
  ...databaseSettings,
  MODELS_SERVED: modelIds
    .optional()
    .describe('Model ids with commas: answer with these alone; all promoted models if left out. With NATS_QUEUE it is a placement: heard for these models only, beside instances that answer the rest.'),
});
export type PredictionConfig = z.output<typeof configSchema>;

export const readConfig = (): PredictionConfig => readConfiguration(configSchema, process.env);

/** What `runService` needs; a queue group of its own and named models make a placement. */
export function serviceConfig(config: PredictionConfig): ServiceConfig {
  const { NATS_QUEUE, MODELS_SERVED } = config;
  return { ...serviceConfigOf(config), placedModels: NATS_QUEUE === undefined ? undefined : MODELS_SERVED };
}
