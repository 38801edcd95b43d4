import { randomUUID } from 'node:crypto';
import type { JobResultOf, JobView } from '@salus/contracts';
import { listPrepared } from '@salus/contracts/preprocessing/list-prepared';
import { startTraining } from '@salus/contracts/training/start-training';
import { trainModel as trainModelJob } from '@salus/contracts/training/train-model';
import { findDataset } from './find-dataset';
import { followJob, resultOf } from './jobs';
import { patiently } from './patience';
import type { PlatformClient } from './platform-client';
import { prepareModel, type ModelOnDataset } from './prepare-model';

/** A training that has been accepted. */
export interface TrainingBegun {
  readonly dataset: string;
  readonly prepared: string;
  /** The training job as it was when it was accepted. */
  readonly job: JobView;
}

/** A training that has succeeded. */
export interface Trained extends TrainingBegun {
  readonly result: JobResultOf<typeof trainModelJob>;
}

/**
 * Starts training on the newest prepared dataset that fits the manifest of today; when there is none, it is prepared first.
 * @throws Fault NOT_FOUND without a dataset; UNKNOWN_MODEL; the preparation's own fault when that fails; CANCELLED by the signal
 */
export async function beginTraining(client: PlatformClient, options: ModelOnDataset): Promise<TrainingBegun> {
  const { model, signal } = options;
  const dataset = await patiently(() => findDataset(client, options), options);
  const { prepared: fitting } = await patiently(() => client.request(listPrepared, { model, dataset, current: true, limit: 1 }, { signal }), options);
  const prepared = fitting[0]?.prepared ?? (await prepareModel(client, { ...options, dataset })).result.prepared;
  const idempotencyKey = randomUUID();
  const job = await patiently(() => client.request(startTraining, { model, prepared }, { idempotencyKey, signal }), options);
  return { dataset, prepared, job };
}

/**
 * Trains a model and waits for the version that comes of it; prepares first where that is needed.
 * @throws Fault as {@link beginTraining}, and the training's own fault when it fails
 */
export async function trainModel(client: PlatformClient, options: ModelOnDataset): Promise<Trained> {
  const begun = await beginTraining(client, options);
  const job = await followJob(client, { ...options, service: begun.job.service, id: begun.job.id });
  return { ...begun, job, result: resultOf(trainModelJob, job) };
}
