import { z } from 'zod';
import { datasetDescriptor, datasetView, exampleDataset, exampleDescriptor } from '../dataset-view';
import { defineOperation } from '../define';
import { DIGEST_EXAMPLE, digest } from '../scalars';

export const describeDataset = defineOperation({
  subject: 'ingestion.v1.describe-dataset',
  summary: 'A dataset version with its lineage and the report of its check.',
  request: z.strictObject({ dataset: digest }),
  reply: datasetView.extend({ descriptor: datasetDescriptor }),
  example: { request: { dataset: DIGEST_EXAMPLE }, reply: { ...exampleDataset, descriptor: exampleDescriptor } },
  idempotent: true,
  faults: ['NOT_FOUND'],
});
