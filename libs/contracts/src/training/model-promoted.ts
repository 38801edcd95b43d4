import { defineEvent } from '../define';
import { examplePromotion, promotion } from '../version-view';

export const modelPromoted = defineEvent({
  subject: 'event.training.v1.model-promoted',
  summary: 'An alias points at another version.',
  payload: promotion,
  example: examplePromotion,
});
