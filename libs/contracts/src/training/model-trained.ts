import { defineEvent } from '../define';
import { exampleVersion, versionView } from '../version-view';

export const modelTrained = defineEvent({
  subject: 'event.training.v1.model-trained',
  summary: 'A model version was registered.',
  payload: versionView,
  example: exampleVersion,
});
