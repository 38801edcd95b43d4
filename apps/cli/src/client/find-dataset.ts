import type { DatasetView } from '@salus/contracts';
import { listDatasets } from '@salus/contracts/ingestion/list-datasets';
import { Fault } from '@salus/fault';
import type { PlatformClient } from './platform-client';

const FULL_DIGEST = /^sha256:[0-9a-f]{64}$/;
const MOST_LISTED = 500;

/**
 * The dataset version that a name means: a whole digest as it is, the beginning of one when only one version of the model
 * begins so, and the newest version of the model when there is no name.
 *
 * @param dataset `sha256:` and up to 64 hexadecimal digits, the `sha256:` may be left out
 * @throws Fault NOT_FOUND when the model has no such version; CONFLICT when several begin so
 */
export async function findDataset(client: PlatformClient, { model, dataset }: { readonly model: string; readonly dataset?: string }): Promise<string> {
  if (dataset !== undefined && FULL_DIGEST.test(dataset)) return dataset;
  const { datasets } = await client.request(listDatasets, { model, limit: dataset === undefined ? 1 : MOST_LISTED });
  const matching = dataset === undefined ? datasets : startingWith(datasets, dataset);
  if (matching.length === 1) return matching[0].dataset;
  if (matching.length > 1) {
    const facts = { datasets: matching.map((view) => view.dataset) };
    throw new Fault('CONFLICT', `${matching.length} dataset versions of ${model} begin with ${dataset}; give more digits`, facts);
  }
  if (dataset === undefined) throw new Fault('NOT_FOUND', `there is no dataset of ${model} yet`, { model });
  throw new Fault('NOT_FOUND', `no dataset version of ${model} begins with ${dataset}`, { model, dataset });
}

function startingWith(datasets: readonly DatasetView[], beginning: string): DatasetView[] {
  const whole = beginning.startsWith('sha256:') ? beginning : `sha256:${beginning}`;
  return datasets.filter((view) => view.dataset.startsWith(whole));
}
