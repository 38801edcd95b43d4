import type { ReplyOf, RequestInputOf } from '@salus/contracts';
import { predict as predictContract } from '@salus/contracts/prediction/predict';
import type { PlatformClient, RequestOptions } from './platform-client';

/** What is asked of a model: rows of features, level of the interval, whether to explain. */
export type PredictionRequest = RequestInputOf<typeof predictContract>;
export type PredictionReply = ReplyOf<typeof predictContract>;

/** Asks the promoted version of a model. @throws Fault UNKNOWN_MODEL; INVALID_REQUEST naming row and field */
export function predict(client: PlatformClient, ask: { readonly model: string; readonly request: PredictionRequest } & Pick<RequestOptions, 'timeoutMs' | 'signal'>): Promise<PredictionReply> {
  const { model, request, timeoutMs, signal } = ask;
  return client.request(predictContract, request, { model, timeoutMs, signal });
}
