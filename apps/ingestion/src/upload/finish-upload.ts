import { Injectable } from '@nestjs/common';
import type { JobView, RequestOf } from '@salus/contracts';
import type { finishUpload } from '@salus/contracts/ingestion/finish-upload';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { Fault } from '@salus/fault';
import { JobQueue } from '@salus/jobs';
import { callerName, type RequestContext } from '@salus/messaging';
import { UploadStore } from './upload.store';

/** Closes an upload whose pieces are all there and hands it to a job; asking again gives the same job. */
@Injectable()
export class FinishUpload {
  constructor(
    private readonly uploads: UploadStore,
    private readonly jobs: JobQueue,
  ) {}

  async run(request: RequestOf<typeof finishUpload>, context: RequestContext): Promise<JobView> {
    const upload = await this.uploads.find(request.uploadId);
    if (upload.digest !== null && upload.digest !== request.digest) {
      throw new Fault('CONFLICT', 'the digest is not the one that the upload began with', { expected: upload.digest, received: request.digest });
    }
    const missing = await this.uploads.missing(upload);
    if (missing.length > 0) {
      throw new Fault('CONFLICT', `${missing.length}${missing.length === 1_000 ? ' or more' : ''} of ${upload.chunks} pieces are missing, the first is ${missing[0]}`, { missing: missing.slice(0, 100) });
    }
    const job = await this.jobs.enqueue(
      ingestDataset,
      { uploadId: upload.id, model: upload.model, digest: request.digest },
      { model: upload.model, idempotencyKey: `upload:${upload.id}`, caller: callerName(context.caller) },
    );
    await this.uploads.close(upload.id, job.id);
    return job;
  }
}
