import type { ReplyOf, VersionView } from '@salus/contracts';
import { describeModel } from '@salus/contracts/prediction/describe-model';
import { listVersions } from '@salus/contracts/training/list-versions';
import { Fault, type FaultCode } from '@salus/fault';
import type { PlatformClient } from './platform-client';

const NOT_SERVED: readonly FaultCode[] = ['UNKNOWN_MODEL', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'];

/** The versions of a model, newest first, and what its serving app says of it; null while none serves it. */
export interface ModelDetails {
  readonly model: string;
  readonly versions: readonly VersionView[];
  readonly served: ReplyOf<typeof describeModel> | null;
}

/** @throws Fault UNKNOWN_MODEL when there is no version of it and nobody serves it */
export async function modelDetails(client: PlatformClient, model: string): Promise<ModelDetails> {
  const [{ versions }, served] = await Promise.all([client.request(listVersions, { model }), client.request(describeModel, { model }).catch(orNull)]);
  if (versions.length === 0 && served === null) throw new Fault('UNKNOWN_MODEL', `there is no version of ${model} yet`, { model });
  return { model, versions, served };
}

function orNull(error: unknown): null {
  if (Fault.is(error) && NOT_SERVED.includes(error.code)) return null;
  throw error;
}
