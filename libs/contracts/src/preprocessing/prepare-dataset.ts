import { z } from 'zod';
import { defineJob } from '../define';
import { DIGEST_EXAMPLE, count, digest, modelId } from '../scalars';

export const prepareDataset = defineJob({
  service: 'preprocessing',
  name: 'prepare-dataset',
  summary: 'Drops what the manifest says, splits the rows and fits the pipeline on the training split only.',
  input: z.strictObject({ model: modelId, dataset: digest }),
  result: z.strictObject({ model: modelId, prepared: digest, train: count, test: count, dropped: count, existed: z.boolean() }),
  example: {
    input: { model: 'blood-pressure', dataset: DIGEST_EXAMPLE },
    result: { model: 'blood-pressure', prepared: DIGEST_EXAMPLE, train: 354, test: 88, dropped: 0, existed: false },
  },
});
