import { z } from 'zod';
import { defineOperation } from '../define';
import { UUID_EXAMPLE, bytes, count, uuid } from '../scalars';

export const putChunk = defineOperation({
  subject: 'ingestion.v1.put-chunk',
  summary: 'One piece of an upload, as raw bytes or base64. Every piece but the last has chunkBytes bytes; sending one again replaces it.',
  request: z.strictObject({ uploadId: uuid, index: count, data: bytes }),
  reply: z.strictObject({ uploadId: uuid, index: count }),
  example: {
    request: { uploadId: UUID_EXAMPLE, index: 0, data: 'YWdlLHNleAo1OSwyCg==' },
    reply: { uploadId: UUID_EXAMPLE, index: 0 },
  },
  idempotent: true,
  bytesField: 'data',
  maxRequestBytes: 8_000_000,
  concurrency: 4,
  waiting: 64,
  timeoutMs: 30_000,
  faults: ['NOT_FOUND', 'CONFLICT'],
});
