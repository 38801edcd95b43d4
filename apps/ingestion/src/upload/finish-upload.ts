import { Injectable } from '@nestjs/common';
import type { JobView, RequestOf } from '@salus/contracts';
import type { finishUpload } from '@salus/contracts/ingestion/finish-upload';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { Fault } from '@salus/fault';
import { JobQueue } from '@salus/jobs';
import { callerName, type RequestContext } from '@salus/messaging';
import { UploadStore, type Upload } from './upload.store';

/** How many missing pieces a refusal names. */
const MISSING_NAMED = 100;

/** Closes an upload whose pieces are all there and hands it to a job; asking again gives the same job. */
@Injectable()
export class FinishUpload {
  constructor(
    private readonly uploads: UploadStore,
    private readonly jobs: JobQueue,
  ) {}

  async run({ uploadId, digest }: RequestOf<typeof finishUpload>, context: RequestContext): Promise<JobView> {
    const upload = await this.uploads.find(uploadId, callerName(context.caller));
    if (upload.digest !== null && upload.digest !== digest) {
      throw new Fault('CONFLICT', 'the digest is not the one that the upload began or ended with', { expected: upload.digest, received: digest });
    }
    await this.refuseIncomplete(upload);
    const { id, model, caller } = upload;
    const job = await this.jobs.enqueue(ingestDataset, { uploadId: id, model, digest }, { model, idempotencyKey: `upload:${id}`, caller });
    if (upload.jobId === null) await this.uploads.close(id, { jobId: job.id, digest });
    return job;
  }

  private async refuseIncomplete(upload: Upload): Promise<void> {
    const missing = await this.uploads.missing(upload);
    if (missing.length === 0) return;
    const count = missing.length === upload.chunks ? 'all' : `at least ${missing.length}`;
    throw new Fault('CONFLICT', `${count} of ${upload.chunks} pieces are missing, the first is ${missing[0]}`, { missing: missing.slice(0, MISSING_NAMED) });
  }
}
