import type { ReplyOf, RequestInputOf } from '@salus/contracts';
import { predict as predictContract } from '@salus/contracts/prediction/predict';
import type { PlatformClient, RequestOptions } from './platform-client';

/** What is asked of a model: rows of features, level of the interval, whether to explain. */
export type PredictionRequest = RequestInputOf<typeof predictContract>;
export type PredictionReply = ReplyOf<typeof predictContract>;

/** Which model is asked what. */
export interface PredictionAsk extends Pick<RequestOptions, 'timeoutMs' | 'signal'> {
  readonly model: string;
  readonly request: PredictionRequest;
}

/** Asks the promoted version of a model. @throws Fault UNKNOWN_MODEL; INVALID_REQUEST naming row and field */
export function predict(client: PlatformClient, ask: PredictionAsk): Promise<PredictionReply> {
  const { model, request, timeoutMs, signal } = ask;
  return client.request(predictContract, request, { model, timeoutMs, signal });
}
