import { z } from 'zod';
import { defineEvent } from '../define';
import { DIGEST_EXAMPLE, count, digest, modelId } from '../scalars';

export const datasetIngested = defineEvent({
  subject: 'event.ingestion.v1.dataset-ingested',
  summary: 'A dataset version was stored.',
  payload: z.strictObject({ model: modelId, dataset: digest, rows: count }),
  example: { model: 'blood-pressure', dataset: DIGEST_EXAMPLE, rows: 442 },
});
