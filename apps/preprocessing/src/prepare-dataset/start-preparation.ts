import { Injectable } from '@nestjs/common';
import type { JobView, RequestOf } from '@salus/contracts';
import { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import type { startPreparation } from '@salus/contracts/preprocessing/start-preparation';
import { JobQueue } from '@salus/jobs';
import { callerName, type RequestContext } from '@salus/messaging';
import { BlobStore } from '@salus/persistence';
import { ModelsFolder } from '@salus/registry';
import { findDataset } from './checked-dataset';

/** Enqueues the preparation of a dataset that was checked for a model that exists. */
@Injectable()
export class StartPreparation {
  constructor(
    private readonly models: ModelsFolder,
    private readonly blobs: BlobStore,
    private readonly jobs: JobQueue,
  ) {}

  async run({ model, dataset }: RequestOf<typeof startPreparation>, context: RequestContext): Promise<JobView> {
    await findDataset(this.blobs, await this.models.read(model), dataset);
    return this.jobs.enqueue(prepareDataset, { model, dataset }, { model, idempotencyKey: context.idempotencyKey, caller: callerName(context.caller) });
  }
}
