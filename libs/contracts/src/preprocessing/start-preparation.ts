import { z } from 'zod';
import { defineOperation } from '../define';
import { exampleJob, jobView } from '../job-view';
import { DIGEST_EXAMPLE, digest, modelId } from '../scalars';

export const startPreparation = defineOperation({
  subject: 'preprocessing.v1.start-preparation',
  summary: 'Starts the job that cleans, splits and fits the pipeline of a model on a dataset version.',
  request: z.strictObject({ model: modelId, dataset: digest }),
  reply: jobView,
  example: { request: { model: 'blood-pressure', dataset: DIGEST_EXAMPLE }, reply: { ...exampleJob('preprocessing', 'prepare-dataset'), state: 'queued' } },
  faults: ['UNKNOWN_MODEL', 'INVALID_MANIFEST', 'NOT_FOUND', 'INVALID_DATA', 'CONFLICT'],
});
