/** Every kind of step by its name in the manifest; a kind that the manifest knows and this table lacks does not compile. */
import type { PipelineStep } from '@salus/contracts';
import { dropMissing } from './drop-missing/drop-missing.step';
import { impute } from './impute/impute.step';
import { log } from './log/log.step';
import { minMax } from './min-max/min-max.step';
import { oneHot } from './one-hot/one-hot.step';
import { standardise } from './standardise/standardise.step';
import type { StepKind } from './step';

const STEPS = {
  'drop-missing': dropMissing,
  impute,
  log,
  standardise,
  'min-max': minMax,
  'one-hot': oneHot,
} as const satisfies { readonly [Name in PipelineStep['step']]: { readonly step: Name } };

export const STEP_NAMES = Object.keys(STEPS) as PipelineStep['step'][];

/** The kind of step of that name. */
export function stepKind(name: PipelineStep['step']): StepKind {
  return STEPS[name] as StepKind;
}
