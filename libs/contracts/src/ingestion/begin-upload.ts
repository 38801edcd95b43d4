import { z } from 'zod';
import { defineOperation } from '../define';
import { UUID_EXAMPLE, count, digest, modelId, uuid } from '../scalars';

export const beginUpload = defineOperation({
  subject: 'ingestion.v1.begin-upload',
  summary: 'Opens an upload for a file of any size, sent in pieces. The same idempotency key gives the same upload, so that a broken one goes on.',
  request: z.strictObject({
    model: modelId,
    fileName: z.string().min(1).max(255).regex(/^[^/\\\p{Cc}]+$/u, 'a file name without a path'),
    format: z.literal('csv').default('csv'),
    bytes: z.int().min(1).max(2 ** 40),
    digest: digest.optional(),
  }),
  reply: z.strictObject({
    uploadId: uuid,
    chunkBytes: z.int().min(1),
    chunks: count,
    /** The first thousand pieces (0-based) that are still to be sent. */
    missing: z.array(count),
  }),
  example: {
    request: { model: 'blood-pressure', fileName: 'diabetes.csv', bytes: 20_480 },
    reply: { uploadId: UUID_EXAMPLE, chunkBytes: 4_194_304, chunks: 1, missing: [0] },
  },
  faults: ['UNKNOWN_MODEL', 'INVALID_MANIFEST', 'CONFLICT'],
});
