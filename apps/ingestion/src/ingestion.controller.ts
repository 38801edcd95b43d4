import { Controller } from '@nestjs/common';
import type { JobView, ReplyOf, RequestOf } from '@salus/contracts';
import { beginUpload } from '@salus/contracts/ingestion/begin-upload';
import { finishUpload } from '@salus/contracts/ingestion/finish-upload';
import { putChunk } from '@salus/contracts/ingestion/put-chunk';
import { Operation, type RequestContext } from '@salus/messaging';
import { BeginUpload } from './upload/begin-upload';
import { FinishUpload } from './upload/finish-upload';
import { PutChunk } from './upload/put-chunk';

/** Where a file enters the service: one line per operation. */
@Controller()
export class IngestionController {
  constructor(
    private readonly begin: BeginUpload,
    private readonly put: PutChunk,
    private readonly finish: FinishUpload,
  ) {}

  @Operation(beginUpload) beginUpload(request: RequestOf<typeof beginUpload>, context: RequestContext): Promise<ReplyOf<typeof beginUpload>> {
    return this.begin.run(request, context);
  }

  @Operation(putChunk) putChunk(request: RequestOf<typeof putChunk>, context: RequestContext): Promise<ReplyOf<typeof putChunk>> {
    return this.put.run(request, context);
  }

  @Operation(finishUpload) finishUpload(request: RequestOf<typeof finishUpload>, context: RequestContext): Promise<JobView> {
    return this.finish.run(request, context);
  }
}
