import { Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '@salus/contracts';
import type { putChunk } from '@salus/contracts/ingestion/put-chunk';
import { callerName, type RequestContext } from '@salus/messaging';
import { UploadStore } from './upload.store';

/** Takes one piece of an upload of this caller. */
@Injectable()
export class PutChunk {
  constructor(private readonly uploads: UploadStore) {}

  async run({ uploadId, index, data }: RequestOf<typeof putChunk>, context: RequestContext): Promise<ReplyOf<typeof putChunk>> {
    await this.uploads.putChunk(await this.uploads.find(uploadId, callerName(context.caller)), index, data);
    return { uploadId, index };
  }
}
