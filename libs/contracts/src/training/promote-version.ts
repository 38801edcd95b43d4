import { z } from 'zod';
import { defineOperation } from '../define';
import { modelId, versionNumber } from '../scalars';
import { examplePromotion, promotion } from '../version-view';

export const promoteVersion = defineOperation({
  subject: 'training.v1.promote-version',
  summary: 'Lets serving apps answer with this version from now on. Promoting the version that serves already changes nothing.',
  request: z.strictObject({ model: modelId, version: versionNumber }),
  reply: promotion,
  example: { request: { model: 'blood-pressure', version: 1 }, reply: examplePromotion },
  idempotent: true,
  faults: ['NOT_FOUND'],
});
