import { z } from 'zod';
import { defineEvent } from '../define';
import { DIGEST_EXAMPLE, digest, modelId, versionNumber } from '../scalars';

export const modelTrained = defineEvent({
  subject: 'event.training.v1.model-trained',
  summary: 'A model version was registered.',
  payload: z.strictObject({ model: modelId, version: versionNumber, artifact: digest }),
  example: { model: 'blood-pressure', version: 1, artifact: DIGEST_EXAMPLE },
});
