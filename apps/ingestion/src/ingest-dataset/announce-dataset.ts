import type { JobView } from '@salus/contracts';
import { datasetIngested } from '@salus/contracts/ingestion/dataset-ingested';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import type { Announcement } from '@salus/jobs';

/** What to tell of a job that succeeded; a file that was there already is no news. */
export function announceDataset({ result }: JobView): Announcement | undefined {
  const { model, dataset, rows, existed } = ingestDataset.result.parse(result);
  return existed ? undefined : { event: datasetIngested, payload: { model, dataset, rows } };
}
