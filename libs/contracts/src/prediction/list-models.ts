import { z } from 'zod';
import { defineOperation } from '../define';
import { modelId, versionNumber } from '../scalars';

export const listModels = defineOperation({
  subject: 'prediction.v1.list-models',
  summary: 'The models that this service answers with now.',
  request: z.strictObject({}),
  reply: z.strictObject({ models: z.array(z.strictObject({ model: modelId, version: versionNumber, title: z.string(), task: z.string() })) }),
  example: { request: {}, reply: { models: [{ model: 'blood-pressure', version: 1, title: 'Mean blood pressure', task: 'regression' }] } },
  idempotent: true,
});
