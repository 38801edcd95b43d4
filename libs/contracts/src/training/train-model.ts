import { z } from 'zod';
import { defineJob } from '../define';
import { DIGEST_EXAMPLE, digest, modelId, versionNumber } from '../scalars';
import { metricValue } from '../version-view';

export const trainModel = defineJob({
  service: 'training',
  name: 'train-model',
  summary: 'Fits the learner, scores the exported artifact on the test split and registers it as a version.',
  input: z.strictObject({ model: modelId, prepared: digest }),
  result: z.strictObject({ model: modelId, version: versionNumber, artifact: digest, metrics: z.array(metricValue), existed: z.boolean() }),
  example: {
    input: { model: 'blood-pressure', prepared: DIGEST_EXAMPLE },
    result: { model: 'blood-pressure', version: 1, artifact: DIGEST_EXAMPLE, metrics: [{ name: 'mse', value: 118.7, lower: 88.5, upper: 152.1, level: 0.95 }], existed: false },
  },
});
