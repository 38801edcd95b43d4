import { Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '@salus/contracts';
import type { beginUpload } from '@salus/contracts/ingestion/begin-upload';
import { callerName, type RequestContext } from '@salus/messaging';
import { ModelsFolder } from '@salus/registry';
import { UploadStore } from './upload.store';

/** Opens an upload for a model that exists, or goes on with the one under the same idempotency key. */
@Injectable()
export class BeginUpload {
  constructor(
    private readonly models: ModelsFolder,
    private readonly uploads: UploadStore,
  ) {}

  async run(request: RequestOf<typeof beginUpload>, context: RequestContext): Promise<ReplyOf<typeof beginUpload>> {
    await this.models.read(request.model);
    const upload = await this.uploads.begin({ ...request, caller: callerName(context.caller), idempotencyKey: context.idempotencyKey });
    return { uploadId: upload.id, chunkBytes: upload.chunkBytes, chunks: upload.chunks, missing: await this.uploads.missing(upload) };
  }
}
