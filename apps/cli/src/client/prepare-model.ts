import { randomUUID } from 'node:crypto';
import type { JobResultOf, JobView } from '@salus/contracts';
import { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import { startPreparation } from '@salus/contracts/preprocessing/start-preparation';
import { findDataset } from './find-dataset';
import { followJob, resultOf } from './jobs';
import { patiently, type Patience } from './patience';
import type { PlatformClient } from './platform-client';

/** Which model on which dataset. */
export interface ModelOnDataset extends Patience {
  readonly model: string;
  /** A dataset version or its beginning; the newest of the model when left out. */
  readonly dataset?: string;
  /** Called at every change of a job on the way. */
  readonly onChange?: (job: JobView) => void;
}

/** A preparation that has succeeded. */
export interface Prepared {
  readonly dataset: string;
  readonly job: JobView;
  readonly result: JobResultOf<typeof prepareDataset>;
}

/**
 * Has preprocessing clean, split and fit the pipeline of a model on a dataset, and waits for it.
 * @throws Fault NOT_FOUND without a dataset; UNKNOWN_MODEL; the job's own fault when it fails; CANCELLED by the signal
 */
export async function prepareModel(client: PlatformClient, options: ModelOnDataset): Promise<Prepared> {
  const { model, onChange, signal } = options;
  const dataset = await patiently(() => findDataset(client, options), options);
  const idempotencyKey = randomUUID();
  const started = await patiently(() => client.request(startPreparation, { model, dataset }, { idempotencyKey, signal }), options);
  const job = await followJob(client, { ...options, service: started.service, id: started.id, onChange });
  return { dataset, job, result: resultOf(prepareDataset, job) };
}
