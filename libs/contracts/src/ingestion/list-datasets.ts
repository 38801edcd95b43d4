import { z } from 'zod';
import { datasetView, exampleDataset } from '../dataset-view';
import { defineOperation } from '../define';
import { limit, modelId } from '../scalars';

export const listDatasets = defineOperation({
  subject: 'ingestion.v1.list-datasets',
  summary: 'Dataset versions, newest first.',
  request: z.strictObject({ model: modelId.optional(), limit }),
  reply: z.strictObject({ datasets: z.array(datasetView) }),
  example: { request: { model: 'blood-pressure' }, reply: { datasets: [exampleDataset] } },
  idempotent: true,
});
