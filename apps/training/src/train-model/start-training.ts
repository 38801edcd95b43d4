import { Injectable } from '@nestjs/common';
import type { JobView, RequestOf } from '@salus/contracts';
import type { startTraining } from '@salus/contracts/training/start-training';
import { trainModel } from '@salus/contracts/training/train-model';
import { JobQueue } from '@salus/jobs';
import { callerName, type RequestContext } from '@salus/messaging';
import { BlobStore } from '@salus/persistence';
import { findPrepared } from './prepared-dataset';

/** Enqueues the training of a model on a dataset that was prepared for it. */
@Injectable()
export class StartTraining {
  constructor(
    private readonly blobs: BlobStore,
    private readonly jobs: JobQueue,
  ) {}

  async run({ model, prepared }: RequestOf<typeof startTraining>, context: RequestContext): Promise<JobView> {
    await findPrepared(this.blobs, model, prepared);
    return this.jobs.enqueue(trainModel, { model, prepared }, { model, idempotencyKey: context.idempotencyKey, caller: callerName(context.caller) });
  }
}
