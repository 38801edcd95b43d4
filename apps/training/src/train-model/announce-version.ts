import type { JobView } from '@salus/contracts';
import { modelTrained } from '@salus/contracts/training/model-trained';
import { trainModel } from '@salus/contracts/training/train-model';
import type { Announcement } from '@salus/jobs';

/** What to tell of a job that succeeded; a version that was there already is no news. */
export function announceVersion({ result }: JobView): Announcement | undefined {
  const { model, version, artifact, existed } = trainModel.result.parse(result);
  return existed ? undefined : { event: modelTrained, payload: { model, version, artifact } };
}
