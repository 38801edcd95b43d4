import { z } from 'zod';
import { defineOperation } from '../define';
import { limit, modelId } from '../scalars';
import { exampleVersion, versionView } from '../version-view';

export const listVersions = defineOperation({
  subject: 'training.v1.list-versions',
  summary: 'Model versions, newest first.',
  request: z.strictObject({ model: modelId.optional(), limit }),
  reply: z.strictObject({ versions: z.array(versionView) }),
  example: { request: { model: 'blood-pressure' }, reply: { versions: [exampleVersion] } },
  idempotent: true,
});
