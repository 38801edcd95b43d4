import { defineEvent } from '../define';
import { datasetView, exampleDataset } from '../dataset-view';

export const datasetIngested = defineEvent({
  subject: 'event.ingestion.v1.dataset-ingested',
  summary: 'A dataset version was stored.',
  payload: datasetView,
  example: exampleDataset,
});
