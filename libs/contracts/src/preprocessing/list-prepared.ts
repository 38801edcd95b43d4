import { z } from 'zod';
import { examplePrepared, preparedView } from '../dataset-view';
import { defineOperation } from '../define';
import { DIGEST_EXAMPLE, digest, limit, modelId } from '../scalars';

export const listPrepared = defineOperation({
  subject: 'preprocessing.v1.list-prepared',
  summary: 'Prepared datasets, newest first. `current` keeps those whose manifest is the one in models/ now.',
  request: z.strictObject({ model: modelId.optional(), dataset: digest.optional(), current: z.boolean().default(false), limit }),
  reply: z.strictObject({ prepared: z.array(preparedView) }),
  example: { request: { model: 'blood-pressure', dataset: DIGEST_EXAMPLE }, reply: { prepared: [examplePrepared] } },
  idempotent: true,
  faults: ['UNKNOWN_MODEL', 'INVALID_MANIFEST'],
});
