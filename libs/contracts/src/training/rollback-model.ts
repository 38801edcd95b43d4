import { z } from 'zod';
import { defineOperation } from '../define';
import { modelId } from '../scalars';
import { examplePromotion, promotion } from '../version-view';

export const rollbackModel = defineOperation({
  subject: 'training.v1.rollback-model',
  summary: 'Takes the last promotion of a model back: the version that served before it serves again.',
  request: z.strictObject({ model: modelId }),
  reply: promotion,
  example: { request: { model: 'blood-pressure' }, reply: { ...examplePromotion, revision: 8 } },
  faults: ['NOT_FOUND', 'CONFLICT'],
});
