/** The way of a request into the model: rows → table → the same pipeline as in training → design matrix. */
import type { Feature, PipelineStep } from '@salus/contracts';
import { requiredByPipeline } from './check-pipeline';
import { designMatrix, type DesignMatrix } from './design-matrix';
import { applyPipeline, type FittedPipeline } from './pipeline';
import { tableFromRows, type Row } from './rows';

/** What a model version says about its input. */
export interface RowReader {
  /** The manifest's features. */
  readonly features: readonly Feature[];
  /** The manifest's pipeline. */
  readonly steps: readonly PipelineStep[];
  /** The pipeline as it was fitted in training. */
  readonly pipeline: FittedPipeline;
}

/**
 * The design matrix of the rows of a request, one row each and in their order. A row that drop-missing would drop cannot
 * be answered, so its missing value is refused by row and field like any other that the model needs.
 * @throws Fault INVALID_REQUEST naming rows and fields (see `tableFromRows`)
 */
export function designFromRows(reader: RowReader, rows: readonly Row[]): DesignMatrix {
  const table = tableFromRows(reader.features, rows, requiredByPipeline(reader.steps));
  return designMatrix(reader.pipeline, applyPipeline(reader.pipeline, table).table);
}
