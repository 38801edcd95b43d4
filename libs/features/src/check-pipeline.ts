/**
 * Checks a manifest's pipeline against its features before there is any data: what would fail in training or refuse every
 * request is named when the model is registered. The manifest schema has checked that names exist and kinds fit.
 */
import type { Feature, PipelineStep } from '@salus/contracts';
import { Fault } from '@salus/fault';

/** One contradiction: `path` into the manifest, and what is wrong. */
export interface PipelineProblem {
  readonly path: string;
  readonly problem: string;
}

/** Features that a row must have although their manifest entry allows them to be missing, because a step drops such rows. */
export function requiredByPipeline(steps: readonly PipelineStep[]): ReadonlySet<string> {
  const filled = new Set<string>();
  const required = new Set<string>();
  for (const step of steps) {
    if (step.step === 'impute') step.columns.forEach((column) => filled.add(column));
    if (step.step === 'drop-missing') step.columns.filter((column) => !filled.has(column)).forEach((column) => required.add(column));
  }
  return required;
}

/** Every contradiction between features and pipeline, in the order of the pipeline. */
export function pipelineProblems(features: readonly Feature[], steps: readonly PipelineStep[]): PipelineProblem[] {
  const problems: PipelineProblem[] = [];
  const state = new Map(features.map((feature) => [feature.name, { feature, missing: feature.missing === 'allow', encoded: false, transformed: false }]));
  steps.forEach((step, at) => {
    const report = (problem: string): void => void problems.push({ path: `pipeline.${at}`, problem });
    if (new Set(step.columns).size !== step.columns.length) report(`step ${step.step} names a column twice`);
    for (const name of step.columns) {
      const column = state.get(name);
      if (!column) {
        report(`${name} is not a feature`);
        continue;
      }
      if (column.encoded) report(`${name} is one-hot encoded before step ${step.step}; put that step first`);
      const { feature } = column;
      if (step.step === 'impute' || step.step === 'drop-missing') column.missing = false;
      if (step.step === 'impute') imputeProblems(feature, step).forEach(report);
      if (step.step === 'one-hot') column.encoded = true;
      if (step.step === 'log' && feature.type === 'number' && !column.transformed && feature.minimum + step.offset <= 0) {
        report(`${name} may be as low as ${feature.minimum}, where log has no value; the offset must be above ${-feature.minimum}`);
      }
      if (['log', 'standardise', 'min-max'].includes(step.step)) column.transformed = true;
    }
  });
  for (const { feature, missing, encoded } of state.values()) {
    if (missing)
      problems.push({ path: `features.${feature.name}`, problem: `${feature.name} may be missing and no step of the pipeline fills it or drops the row` });
    if (feature.type === 'category' && !encoded)
      problems.push({ path: `features.${feature.name}`, problem: `${feature.name} is a category and no one-hot step encodes it` });
  }
  return problems;
}

function imputeProblems(feature: Feature, step: Extract<PipelineStep, { step: 'impute' }>): string[] {
  if (step.strategy === 'constant') {
    const fits = feature.type === 'number' ? typeof step.value === 'number' : feature.levels.includes(step.value as string);
    return fits ? [] : [`the constant for ${feature.name} is not ${feature.type === 'number' ? 'a number' : 'one of its levels'}`];
  }
  const ordered = step.strategy === 'mean' || step.strategy === 'median';
  return ordered && feature.type === 'category' ? [`${feature.name} is a category and has no ${step.strategy}; expected most-frequent or constant`] : [];
}

/**
 * Refuses a pipeline that contradicts its features.
 * @throws Fault INVALID_MANIFEST with `details.issues: PipelineProblem[]`
 */
export function checkPipeline(features: readonly Feature[], steps: readonly PipelineStep[]): void {
  const issues = pipelineProblems(features, steps);
  if (issues.length > 0)
    throw new Fault('INVALID_MANIFEST', `${issues[0].path}: ${issues[0].problem}${issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''}`, { issues });
}
