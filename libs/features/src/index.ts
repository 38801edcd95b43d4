export { checkPipeline, pipelineProblems, requiredByPipeline, type PipelineProblem } from './check-pipeline';
export { designMatrix, type DesignMatrix } from './design-matrix';
export { affineOf, coefficientsInOriginalUnits, type Coefficient, type LinearModel } from './original-units';
export { applyPipeline, fitPipeline, parsePipeline, type FittedPipeline, type Transformed } from './pipeline';
export { ISSUE_LIMIT, describeFeature, tableFromRows, type Row, type RowIssue } from './rows';
export type { Affine } from './step';
export { columnOf, isMissing, lengthOf, tableOf, takeRows, type CategoryColumn, type Column, type NumberColumn, type Table } from './table';
export { typicalRow } from './typical-row';
