import { z } from 'zod';
import { defineOperation } from '../define';
import { exampleJob, jobView } from '../job-view';
import { DIGEST_EXAMPLE, digest, modelId } from '../scalars';

export const startTraining = defineOperation({
  subject: 'training.v1.start-training',
  summary: 'Starts the job that fits, evaluates and registers a version of a model from a prepared dataset.',
  request: z.strictObject({ model: modelId, prepared: digest }),
  reply: jobView,
  example: { request: { model: 'blood-pressure', prepared: DIGEST_EXAMPLE }, reply: { ...exampleJob('training', 'train-model'), state: 'queued' } },
  faults: ['UNKNOWN_MODEL', 'NOT_FOUND', 'INVALID_DATA', 'CONFLICT'],
});
