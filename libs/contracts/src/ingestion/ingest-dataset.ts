import { z } from 'zod';
import { defineJob } from '../define';
import { DIGEST_EXAMPLE, UUID_EXAMPLE, count, digest, modelId, uuid } from '../scalars';

export const ingestDataset = defineJob({
  service: 'ingestion',
  name: 'ingest-dataset',
  summary: 'Checks an uploaded file against its model and stores it as an immutable dataset version, whole or not at all.',
  input: z.strictObject({ uploadId: uuid, model: modelId, digest }),
  result: z.strictObject({ model: modelId, dataset: digest, rows: count, existed: z.boolean() }),
  example: {
    input: { uploadId: UUID_EXAMPLE, model: 'blood-pressure', digest: DIGEST_EXAMPLE },
    result: { model: 'blood-pressure', dataset: DIGEST_EXAMPLE, rows: 442, existed: false },
  },
});
