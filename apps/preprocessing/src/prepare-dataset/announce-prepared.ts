import type { JobView } from '@salus/contracts';
import { datasetPrepared } from '@salus/contracts/preprocessing/dataset-prepared';
import { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import type { Announcement } from '@salus/jobs';

/** What to tell of a job that succeeded; a preparation that was there already is no news. */
export function announcePrepared({ result }: JobView): Announcement | undefined {
  const { model, prepared, train, test, existed } = prepareDataset.result.parse(result);
  return existed ? undefined : { event: datasetPrepared, payload: { model, prepared, train, test } };
}
