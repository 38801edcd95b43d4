import { z } from 'zod';
import { defineEvent } from '../define';
import { DIGEST_EXAMPLE, count, digest, modelId } from '../scalars';

export const datasetPrepared = defineEvent({
  subject: 'event.preprocessing.v1.dataset-prepared',
  summary: 'A prepared dataset was stored.',
  payload: z.strictObject({ model: modelId, prepared: digest, train: count, test: count }),
  example: { model: 'blood-pressure', prepared: DIGEST_EXAMPLE, train: 354, test: 88 },
});
