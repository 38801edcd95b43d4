/** The way of a model through the platform, as a client goes it; each step can be taken alone too. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followJob, prepareModel, resultOf, trainModel, uploadFile, type PlatformClient } from '@salus/cli/client';
import type { JobView, Promotion } from '@salus/contracts';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { predict } from '@salus/contracts/prediction/predict';
import { listModels } from '@salus/contracts/prediction/list-models';
import { promoteVersion } from '@salus/contracts/training/promote-version';
import type { Platform } from './platform.conformance';

/** What came of a file. */
export interface Built {
  readonly dataset: string;
  readonly prepared: string;
  readonly version: number;
  readonly artifact: string;
}

/** A prediction that is not repeated by the client itself, so that a dropped or failed request shows. */
export const predictOnce = { ...predict, idempotent: false, timeoutMs: 120_000 };

/** Path of a file below the platform's copy of a model folder. */
export function modelFile({ modelsFolder }: Platform, model: string, name: string): string {
  return join(modelsFolder, model, name);
}

/** Sends a file and waits for the end of its job, whatever it is. */
export async function ingest(client: PlatformClient, { model, path }: { readonly model: string; readonly path: string }): Promise<JobView> {
  const { id } = await uploadFile(client, { path, model });
  return followJob(client, { service: 'ingestion', id });
}

/** File to model version: ingest, prepare, train. */
export async function build(client: PlatformClient, source: { readonly model: string; readonly path: string }): Promise<Built> {
  const { dataset } = resultOf(ingestDataset, await ingest(client, source));
  return buildOn(client, { model: source.model, dataset });
}

/** Dataset to model version: prepare with the manifest of today, train. */
export async function buildOn(client: PlatformClient, { model, dataset }: { readonly model: string; readonly dataset: string }): Promise<Built> {
  await prepareModel(client, { model, dataset });
  const { prepared, result } = await trainModel(client, { model, dataset });
  return { dataset, prepared, version: result.version, artifact: result.artifact };
}

/** Promotes a version and waits until a serving app answers with it. */
export async function promote(client: PlatformClient, { model, version }: { readonly model: string; readonly version: number }): Promise<Promotion> {
  const promotion = await client.request(promoteVersion, { model, version });
  await untilServed(client, { model, version });
  return promotion;
}

/** Waits until a serving app answers with a version. */
export async function untilServed(client: PlatformClient, { model, version }: { readonly model: string; readonly version: number }): Promise<void> {
  for (;;) {
    const { models } = await client.request(listModels, {});
    if (models.some((entry) => entry.model === model && entry.version === version)) return;
    await sleep(20);
  }
}
