/**
 * The main job, once through, as a client of the platform like any other: ingest → prepare → train → evaluate → promote →
 * predict. What is there already is used again: names are digests, so "there already" is a fact and not a guess.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followJob, predict, resultOf, trainModel, uploadFile, type PlatformClient } from '@salus/cli/client';
import { jobView, type JobView, type VersionView } from '@salus/contracts';
import { describeDataset } from '@salus/contracts/ingestion/describe-dataset';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { listModels } from '@salus/contracts/prediction/list-models';
import { listVersions } from '@salus/contracts/training/list-versions';
import { promoteVersion } from '@salus/contracts/training/promote-version';
import { Fault } from '@salus/fault';
import { ModelsFolder, PRODUCTION, digestOfFile, type RegisteredModel } from '@salus/registry';
import { z } from 'zod';
import type { ExampleAnswer, QuickstartReport } from './report';

/** How long a promoted version may take to answer. */
const SERVED_WITHIN_MS = 30_000;

export interface Quickstart {
  readonly client: PlatformClient;
  /** The folder `models/`. */
  readonly modelsFolder: string;
  readonly model: string;
  /** Shown while something is under way. */
  readonly progress: (title: string, moment: { percent: number; phase: string; metrics?: Readonly<Record<string, number>> }) => void;
}

const exampleFile = z
  .array(
    z.strictObject({
      request: z.strictObject({ rows: z.array(z.record(z.string(), z.union([z.number(), z.string(), z.null()]))).min(1) }),
      expect: z.strictObject({ predictions: z.array(z.number()).min(1), tolerance: z.number().positive() }),
    }),
  )
  .min(1);

/** The report, or the version that somebody promoted instead of the bundled one and that stays. */
export type QuickstartOutcome = { readonly report: QuickstartReport } | { readonly kept: VersionView };

/**
 * Runs it. A version that somebody promoted is never replaced: the quickstart then looks and does nothing.
 * @throws Fault with the reason of whatever did not hold: the file, the manifest, a job, or an answer that is not the golden one
 */
export async function runQuickstart(quickstart: Quickstart): Promise<QuickstartOutcome> {
  const model = await new ModelsFolder(quickstart.modelsFolder).read(quickstart.model);
  const phases: { name: string; ms: number }[] = [];
  const timed = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    const begun = performance.now();
    const result = await work();
    phases.push({ name, ms: performance.now() - begun });
    return result;
  };
  const { bundled, promoted } = await timed('look for what is there', () => findVersions(quickstart, model));
  if (promoted && promoted.version !== bundled?.version) return { kept: promoted };
  const version = bundled ?? (await makeVersion(quickstart, model, timed));
  await timed('promote', () => promote(quickstart, version));
  const examples = await timed('predict', () => askExamples(quickstart, model));
  const { target } = model.manifest;
  const rows = version.rows.train + version.rows.test;
  return { report: { model: model.manifest.id, title: model.manifest.title, target, rows, version, examples, phases } };
}

type Timed = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

async function makeVersion(quickstart: Quickstart, model: RegisteredModel, timed: Timed): Promise<VersionView> {
  const { client, progress } = quickstart;
  const id = model.manifest.id;
  const show = (job: JobView): void => progress(job.name, { ...job.progress, phase: job.state === 'running' ? job.progress.phase : job.state });
  const path = join(model.folder, bundledFile(model));
  const uploaded = await timed('upload', () => uploadFile(client, { path, model: id, onProgress: (moment) => progress('upload', moment) }));
  const ingested = await timed('check and store', () => followJob(client, { service: 'ingestion', id: uploaded.id, onChange: show }));
  const { dataset } = resultOf(ingestDataset, jobView.parse(ingested));
  const trained = await timed('prepare, train, evaluate', () => trainModel(client, { model: id, dataset, onChange: show }));
  const { versions } = await client.request(listVersions, { model: id });
  const version = versions.find((entry) => entry.artifact === trained.result.artifact);
  if (!version) throw new Fault('INTERNAL', `version ${trained.result.version} of ${id} was trained and is not listed`, { model: id });
  return version;
}

/** The newest version that was trained with this manifest on this very file, and the one that answers now. */
async function findVersions({ client }: Quickstart, model: RegisteredModel): Promise<{ bundled?: VersionView; promoted?: VersionView }> {
  const digest = await digestOfFile(join(model.folder, bundledFile(model)));
  const { versions } = await client.request(listVersions, { model: model.manifest.id, limit: 500 });
  const promoted = versions.find(({ aliases }) => aliases.includes(PRODUCTION));
  for (const version of versions.filter(({ lineage }) => lineage.manifest === model.manifestDigest)) {
    const { descriptor } = await client.request(describeDataset, { dataset: version.lineage.dataset });
    if (descriptor.source.digest === digest) return { bundled: version, promoted };
  }
  return { promoted };
}

async function promote({ client }: Quickstart, { model, version }: VersionView): Promise<void> {
  await client.request(promoteVersion, { model, version });
  for (const deadline = performance.now() + SERVED_WITHIN_MS; ; await sleep(20)) {
    const { models } = await client.request(listModels, {});
    if (models.some((entry) => entry.model === model && entry.version === version)) return;
    if (performance.now() > deadline) throw new Fault('UNAVAILABLE', `version ${version} of ${model} is promoted and does not answer`, { model, version });
  }
}

/** Sends the golden requests of the model folder and compares the answers. */
async function askExamples({ client }: Quickstart, model: RegisteredModel): Promise<ExampleAnswer[]> {
  const id = model.manifest.id;
  const golden = exampleFile.parse(JSON.parse(await readFile(join(model.folder, 'examples.json'), 'utf8')));
  const asked: ExampleAnswer[] = [];
  for (const { request, expect } of golden) {
    const { answers } = await predict(client, { model: id, request: { ...request, explain: true } });
    answers.forEach((answer, at) => {
      const [expected, received] = [expect.predictions[at], answer.result?.value];
      if (received === undefined || !(Math.abs(received - expected) <= expect.tolerance)) {
        throw new Fault('INVALID_DATA', `golden example ${at + 1} of ${id}: expected ${expected} ± ${expect.tolerance}, received ${received ?? 'no answer'}`, { model: id, expected, received });
      }
      asked.push({ row: request.rows[at], answer, expected });
    });
  }
  return asked.slice(0, 3);
}

function bundledFile({ manifest }: RegisteredModel): string {
  if (manifest.data) return manifest.data.file;
  throw new Fault('INVALID_MANIFEST', `models/${manifest.id}/model.json bundles no data; the quickstart needs the field data`, { model: manifest.id });
}
