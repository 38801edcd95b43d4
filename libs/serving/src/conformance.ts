/**
 * Artifacts for the suites of whoever serves: a real model fitted on the bundled data of a model folder, every row of them. It
 * trains as the training service does, without split, figures or store.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelManifest, VersionDescriptor } from '@salus/contracts';
import type { FeatureRow } from '@salus/contracts/prediction/predict';
import { applyPipeline, coefficientsInOriginalUnits, designMatrix, fitPipeline, tableFromRows, typicalRow } from '@salus/features';
import { crossConformal, fitLearner, linearTermsOf, saveModel } from '@salus/learners';
import { ModelsFolder, digestOf, type Artifact } from '@salus/registry';

/** An artifact with the rows it was fitted on. */
export interface MadeModel {
  readonly artifact: Artifact;
  readonly rows: readonly FeatureRow[];
}

/** What is to be made. */
export interface MadeOptions {
  /** Folder with one folder per model. */
  readonly models: string;
  readonly id: string;
  /** Only so many of the first rows. */
  readonly rows?: number;
  /** False leaves the intervals out. */
  readonly isCalibrated?: boolean;
}

/** Fits a model on the comma-separated file that its folder bundles. */
export async function makeModel({ models, id, rows: limit, isCalibrated = true }: MadeOptions): Promise<MadeModel> {
  const { manifest, manifestDigest, folder } = await new ModelsFolder(models).read(id);
  const { rows, target, patients } = readRows(manifest, join(folder, manifest.data?.file ?? ''), limit);
  const table = tableFromRows(manifest.features, rows);
  const pipeline = fitPipeline(manifest.pipeline, table);
  const data = { design: designMatrix(pipeline, applyPipeline(pipeline, table).table), target };
  const options = { parameters: manifest.learner.parameters, seed: manifest.seed };
  const fitted = await fitLearner(manifest.learner.algorithm, data, options);
  const foldsOf = (folds: number): Int32Array => Int32Array.from(rows, (_, row) => (patients?.[row] ?? row) % folds);
  const calibrate = () => crossConformal(fitted, data, { ...options, independentRows: patients === undefined, assignFolds: foldsOf });
  const { state, weights } = saveModel({ fitted, uncertainty: isCalibrated ? await calibrate() : undefined });
  const terms = linearTermsOf(fitted);
  const none = digestOf(new Uint8Array(0));
  const descriptor: VersionDescriptor = {
    schema: 'salus.version/1', model: id, manifest, weights: { digest: digestOf(weights), bytes: weights.length }, learner: state, pipeline,
    coefficients: (terms && coefficientsInOriginalUnits(pipeline, terms)) ?? null, metrics: [], exampleRow: typicalRow(manifest.features, table),
    lineage: { manifest: manifestDigest, dataset: none, prepared: none, code: '0.0.0', seed: manifest.seed, backend: 'cpu-float64' },
    rows: { train: rows.length, test: 0 },
  };
  return { artifact: { descriptor, weights }, rows };
}

/** Rows, targets and, when the manifest names a patient column, a number for the patient of each row. */
function readRows(manifest: ModelManifest, path: string, limit: number | undefined): { rows: FeatureRow[]; target: Float64Array; patients?: number[] } {
  const [header, ...lines] = readFileSync(path, 'utf8').trim().split('\n').map((line) => line.split(','));
  const kept = lines.slice(0, limit);
  const textsOf = (name: string): string[] => kept.map((line) => line[header.indexOf(name)]);
  const valueOf = (type: string, text: string): FeatureRow[string] => (text === '' ? null : type === 'number' ? Number(text) : text);
  const columns = manifest.features.map(({ name, type }) => [name, textsOf(name).map((text) => valueOf(type, text))] as const);
  const rows = kept.map((_, row): FeatureRow => Object.fromEntries(columns.map(([name, values]) => [name, values[row]])));
  const names = manifest.patient === undefined ? undefined : textsOf(manifest.patient);
  const numbers = [...new Set(names)];
  return { rows, target: Float64Array.from(textsOf(manifest.target.name), Number), patients: names?.map((name) => numbers.indexOf(name)) };
}
