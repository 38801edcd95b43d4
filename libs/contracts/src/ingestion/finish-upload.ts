import { z } from 'zod';
import { defineOperation } from '../define';
import { exampleJob, jobView } from '../job-view';
import { DIGEST_EXAMPLE, UUID_EXAMPLE, digest, uuid } from '../scalars';

export const finishUpload = defineOperation({
  subject: 'ingestion.v1.finish-upload',
  summary: 'Closes an upload whose pieces are all there and starts the job that checks it against the digest and the manifest and stores it. Asking again gives the same job.',
  request: z.strictObject({ uploadId: uuid, digest }),
  reply: jobView,
  example: { request: { uploadId: UUID_EXAMPLE, digest: DIGEST_EXAMPLE }, reply: { ...exampleJob('ingestion', 'ingest-dataset'), state: 'queued' } },
  idempotent: true,
  timeoutMs: 30_000,
  faults: ['NOT_FOUND', 'CONFLICT'],
});
