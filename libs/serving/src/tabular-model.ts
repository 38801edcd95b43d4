/**
 * A model version that answers rows of features: the one path from rows to answers. Serving uses it for requests and
 * training for the figures it registers, so that what was measured is what answers.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelManifest, VersionDescriptor } from '@salus/contracts';
import type { FeatureRow, PredictionAnswer } from '@salus/contracts/prediction/predict';
import { Fault } from '@salus/fault';
import { applyPipeline, designMatrix, parsePipeline, requiredByPipeline, tableFromRows, type FittedPipeline, type Table } from '@salus/features';
import { explain, loadModel, predict, predictionIntervals, type Design, type Explanation, type TrainedModel } from '@salus/learners';
import type { Artifact } from '@salus/registry';

/** How to answer. */
export interface AnswerOptions {
  /** Level of the interval, above 0.5 and below 1. */
  readonly level: number;
  readonly explain: boolean;
}

/** Multiplications before other requests get their turn: about a millisecond. */
const SLICE_PRODUCTS = 1 << 19;
const SLICE_ROWS = 256;
/** How far base + Σ contributions may be from the prediction, relative to its size. */
const SUM_TOLERANCE = 1e-9;

/** A version, ready to answer. */
export class TabularModel {
  readonly id: string;
  readonly version: number;
  readonly artifact: string;
  readonly descriptor: VersionDescriptor;
  readonly manifest: ModelManifest;
  private readonly pipeline: FittedPipeline;
  private readonly trained: TrainedModel;
  private readonly required: ReadonlySet<string>;

  /**
   * @param named number and artifact digest of the version
   * @throws Fault INTEGRITY when the artifact does not hold what its descriptor says
   */
  constructor({ descriptor, weights }: Artifact, named: { readonly version: number; readonly artifact: string }) {
    this.id = descriptor.model;
    this.version = named.version;
    this.artifact = named.artifact;
    this.descriptor = descriptor;
    this.manifest = descriptor.manifest;
    this.pipeline = parsePipeline(descriptor.pipeline);
    this.trained = loadModel({ state: descriptor.learner, weights });
    this.required = requiredByPipeline(this.manifest.pipeline);
  }

  /**
   * One answer per row, in the order of the rows.
   * @throws Fault INVALID_REQUEST naming row and field when a row cannot be read; nothing is answered then
   */
  async answer(rows: readonly FeatureRow[], options: AnswerOptions): Promise<PredictionAnswer[]> {
    const table = tableFromRows(this.manifest.features, rows, this.required);
    const design = this.designOf(table);
    const answers: PredictionAnswer[] = [];
    const sliceRows = this.sliceRows(design.cols);
    for (let from = 0; from < design.rows; from += sliceRows) {
      if (from > 0) await nextTurn();
      answers.push(...(await this.answerSlice(sliceOf(design, from, Math.min(design.rows, from + sliceRows)), options)));
    }
    return answers;
  }

  /**
   * Predictions for a table of features, [rows], in the unit of the target.
   * @param table rows that the pipeline keeps; columns by feature name
   */
  predict(table: Table): Promise<Float64Array> {
    return predict(this.trained.fitted, this.designOf(table));
  }

  private designOf(table: Table): Design {
    const { table: transformed } = applyPipeline(this.pipeline, table);
    if (transformed.rowCount !== table.rowCount) {
      throw new Fault('INTERNAL', 'the pipeline dropped rows that were to be answered', { expected: table.rowCount, received: transformed.rowCount });
    }
    return designMatrix(this.pipeline, transformed);
  }

  /** Rows per slice: every row is put to each model behind the intervals. */
  private sliceRows(cols: number): number {
    const models = 1 + (this.trained.uncertainty?.models.intercepts.length ?? 0);
    return Math.min(SLICE_ROWS, Math.max(1, Math.floor(SLICE_PRODUCTS / (models * Math.max(1, cols)))));
  }

  private async answerSlice(design: Design, options: AnswerOptions): Promise<PredictionAnswer[]> {
    const { fitted, uncertainty } = this.trained;
    const values = await predict(fitted, design);
    const intervals = uncertainty ? predictionIntervals(uncertainty, design, options.level) : undefined;
    const explanations = options.explain ? await explain(fitted, design) : undefined;
    return Array.from(values, (value, row) => ({
      outcome: 'answered' as const,
      result: { value: finite(value), unit: this.manifest.target.unit },
      uncertainty: uncertainty && intervals ? { method: uncertainty.method, interval: intervals[row] } : null,
      ...(explanations ? { explanation: explanationOf(explanations[row], value) } : {}),
    }));
  }
}

function sliceOf(design: Design, from: number, to: number): Design {
  return { ...design, rows: to - from, values: design.values.subarray(from * design.cols, to * design.cols) };
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Fault('INTERNAL', 'the model gave a prediction that is not a finite number', {});
  return value;
}

/** The explanation as it goes out, checked: what does not add up explains nothing. */
function explanationOf({ space, base, contributions }: Explanation, prediction: number): NonNullable<PredictionAnswer['explanation']> {
  const sum = contributions.reduce((total, { value }) => total + value, base);
  const size = contributions.reduce((most, { value }) => Math.max(most, Math.abs(value)), Math.max(1, Math.abs(prediction)));
  if (!(Math.abs(sum - prediction) <= SUM_TOLERANCE * size)) throw new Fault('INTERNAL', 'the contributions do not add up to the prediction', {});
  return { space, base, contributions: [...contributions] };
}
