import { Injectable } from '@nestjs/common';
import type { JobView, RequestOf } from '@salus/contracts';
import { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import type { startPreparation } from '@salus/contracts/preprocessing/start-preparation';
import { Fault } from '@salus/fault';
import { JobQueue } from '@salus/jobs';
import { callerName, type RequestContext } from '@salus/messaging';
import { BlobStore } from '@salus/persistence';
import { ModelsFolder } from '@salus/registry';

/** Enqueues the preparation of a dataset that exists for a model that exists. */
@Injectable()
export class StartPreparation {
  constructor(
    private readonly models: ModelsFolder,
    private readonly blobs: BlobStore,
    private readonly jobs: JobQueue,
  ) {}

  async run({ model, dataset }: RequestOf<typeof startPreparation>, context: RequestContext): Promise<JobView> {
    await this.models.read(model);
    if (!(await this.blobs.has(dataset))) throw new Fault('NOT_FOUND', `no dataset version ${dataset}`, { dataset });
    return this.jobs.enqueue(prepareDataset, { model, dataset }, { model, idempotencyKey: context.idempotencyKey, caller: callerName(context.caller) });
  }
}
