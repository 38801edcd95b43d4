import { defineEvent } from '../define';
import { examplePrepared, preparedView } from '../dataset-view';

export const datasetPrepared = defineEvent({
  subject: 'event.preprocessing.v1.dataset-prepared',
  summary: 'A prepared dataset was stored.',
  payload: preparedView,
  example: examplePrepared,
});
