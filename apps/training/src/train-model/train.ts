/**
 * From prepared rows to an artifact that can be served: the pure part of the training job. The figures come from the
 * artifact itself, loaded as a serving app loads it, on the test rows that nothing before has looked at.
 */
import type { ModelManifest, PreparedDescriptor, VersionDescriptor } from '@salus/contracts';
import { evaluateRegression, foldsOf } from '@salus/evaluation';
import { Fault } from '@salus/fault';
import { applyPipeline, coefficientsInOriginalUnits, columnOf, designMatrix, parsePipeline, tableOf, typicalRow, type Table } from '@salus/features';
import { crossConformal, fitLearner, linearTermsOf, saveModel, type FitProgress, type TrainingData } from '@salus/learners';
import { digestOf, storedForm, type Artifact } from '@salus/registry';
import { TabularModel } from '@salus/serving';

/** All that a training depends on. */
export interface TrainingRequest {
  readonly manifest: ModelManifest;
  /** Digest of the prepared dataset and what it says. */
  readonly prepared: string;
  readonly descriptor: PreparedDescriptor;
  /** Feature columns and target of the training and of the test rows. */
  readonly train: Table;
  readonly test: Table;
  /** The patient of each training row, when rows of one patient belong together. */
  readonly patients?: Int32Array;
  /** Version of the code. */
  readonly code: string;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: FitProgress) => void;
}

/** Fractions of the work when the model is fitted, and when its intervals are calibrated. */
const FITTED = 0.5;
const CALIBRATED = 0.9;

/**
 * Fits, calibrates, evaluates; the same request gives the same bits.
 * @throws Fault COLLINEAR, TOO_FEW_ROWS, INVALID_PARAMETERS or NOT_FINITE as the learner does, INTEGRITY for a pipeline that is none
 */
export async function train(request: TrainingRequest): Promise<Artifact> {
  const { manifest, descriptor } = request;
  const pipeline = parsePipeline(descriptor.pipeline);
  const data: TrainingData = { design: designMatrix(pipeline, applyPipeline(pipeline, request.train).table), target: targetOf(manifest, request.train) };
  const options = { parameters: manifest.learner.parameters, seed: manifest.seed, signal: request.signal };
  const fitted = await fitLearner(manifest.learner.algorithm, data, { ...options, progress: partOf(request, 0, FITTED) });
  const uncertainty = await crossConformal(fitted, data, {
    ...options,
    progress: partOf(request, FITTED, CALIBRATED),
    independentRows: request.patients === undefined,
    assignFolds: (folds) => foldsOf(data.design.rows, { folds, seed: manifest.seed, groups: request.patients }),
  });
  const saved = saveModel({ fitted, uncertainty });
  const terms = linearTermsOf(fitted);
  const untested: VersionDescriptor = {
    schema: 'salus.version/1',
    model: manifest.id,
    manifest,
    weights: { digest: digestOf(saved.weights), bytes: saved.weights.byteLength },
    learner: saved.state,
    pipeline: descriptor.pipeline,
    coefficients: (terms && coefficientsInOriginalUnits(pipeline, terms)) ?? null,
    metrics: [],
    exampleRow: typicalRow(manifest.features, request.train),
    lineage: lineageOf(request),
    rows: { train: request.train.rowCount, test: request.test.rowCount },
  };
  request.progress?.({ fraction: CALIBRATED, phase: 'evaluating' });
  const { descriptor: stored, weights } = storedForm({ descriptor: untested, weights: saved.weights });
  return { descriptor: { ...stored, metrics: await evaluate(request, { descriptor: stored, weights }) }, weights };
}

/** Tells of a part of the work as of that part of the whole, so that a bar never goes back. */
function partOf({ progress }: TrainingRequest, from: number, to: number): TrainingRequest['progress'] {
  return progress && (({ fraction, ...moment }) => progress({ ...moment, fraction: from + (to - from) * fraction }));
}

async function evaluate({ manifest, test }: TrainingRequest, artifact: Artifact): Promise<VersionDescriptor['metrics']> {
  // It has neither number nor digest before it is registered, and neither is in an answer to a table.
  const model = new TabularModel(artifact, { version: 0, artifact: '' });
  const features = tableOf(manifest.features.map(({ name }) => [name, columnOf(test, name)] as const));
  const predicted = await model.predict(features);
  return evaluateRegression({ truth: targetOf(manifest, test), predicted, metrics: manifest.metrics, seed: manifest.seed });
}

function lineageOf({ manifest, descriptor, prepared, code }: TrainingRequest): VersionDescriptor['lineage'] {
  return { manifest: descriptor.manifest, dataset: descriptor.dataset, prepared, code, seed: manifest.seed, backend: 'cpu-float64' };
}

function targetOf(manifest: ModelManifest, table: Table): Float64Array {
  const column = columnOf(table, manifest.target.name);
  if (column.kind === 'number') return column.values;
  throw new Fault('SHAPE_MISMATCH', `target ${manifest.target.name} is a category; expected numbers`, { column: manifest.target.name });
}
