/**
 * The model manifest, `models/<id>/model.json`: everything that makes a model, as data. The folder is the registration.
 * A model version keeps its own copy, so that editing the folder changes no version that exists.
 */
import { z } from 'zod';
import { modelId } from './scalars';

/** Names that every object inherits are refused: no request may hold such a key, so that a model with one could never be asked. */
const columnName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a column name: letters, digits and _')
  .max(64)
  .refine((name) => name !== 'prototype' && !(name in Object.prototype), 'a column name that is no property of every object, such as constructor');

const column = {
  name: columnName,
  title: z.string().min(1),
  /** What the value is and how it is measured, for the person who sends it. */
  description: z.string().min(1).optional(),
};
const numberColumn = z.strictObject({
  ...column,
  type: z.literal('number'),
  /** UCUM unit, `1` for a pure number. */
  unit: z.string().min(1),
  minimum: z.number(),
  maximum: z.number(),
  integer: z.boolean().default(false),
  /** `refuse`: a missing value refuses the file or the row. `allow`: the pipeline has to deal with it. */
  missing: z.enum(['refuse', 'allow']).default('refuse'),
});
const categoryColumn = z.strictObject({
  ...column,
  type: z.literal('category'),
  levels: z.array(z.string().min(1)).min(2),
  missing: z.enum(['refuse', 'allow']).default('refuse'),
});

export const featureSchema = z.discriminatedUnion('type', [numberColumn, categoryColumn]);

const columns = z.array(columnName).min(1);
/** One step of the preprocessing pipeline, fitted on the training split only and applied in the order given. */
export const pipelineStepSchema = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('drop-missing'), columns }),
  z.strictObject({ step: z.literal('impute'), columns, strategy: z.enum(['mean', 'median', 'most-frequent', 'constant']), value: z.union([z.number(), z.string()]).optional() }),
  z.strictObject({ step: z.literal('log'), columns, offset: z.number().min(0).default(0) }),
  z.strictObject({ step: z.literal('standardise'), columns }),
  z.strictObject({ step: z.literal('min-max'), columns }),
  z.strictObject({ step: z.literal('one-hot'), columns, drop: z.enum(['none', 'first']).default('first') }),
]);

/** How rows are divided into training and test split. */
export const splitSchema = z.discriminatedUnion('by', [
  /** Row i (0-based, in file order, after rows are dropped) is a test row when i % every === remainder. */
  z.strictObject({ by: z.literal('index'), every: z.int().min(2), remainder: z.int().min(0) }),
  z.strictObject({ by: z.literal('random'), testFraction: z.number().gt(0).lt(1) }),
  /** All rows of a patient fall on the same side. */
  z.strictObject({ by: z.literal('patient'), testFraction: z.number().gt(0).lt(1) }),
]);

export const metricName = z.enum(['mse', 'rmse', 'mae', 'r2']);

export const manifestSchema = z
  .strictObject({
    schema: z.literal('salus.model/1'),
    id: modelId,
    title: z.string().min(1),
    summary: z.string().min(1),
    service: z.enum(['prediction']),
    task: z.enum(['regression']),
    intendedUse: z.string().min(1),
    notFor: z.string().min(1),
    source: z.strictObject({ name: z.string().min(1), licence: z.string().min(1), citation: z.string().min(1) }),
    /** Data bundled with the folder, if any: a path below it. */
    data: z.strictObject({ file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/).refine((path) => !path.split('/').includes('..'), 'a path inside the folder'), format: z.literal('csv') }).optional(),
    features: z.array(featureSchema).min(1).max(10_000),
    target: numberColumn,
    /** Column that names the patient; it is replaced by a keyed digest at ingestion and never becomes a feature. */
    patient: columnName.optional(),
    checks: z
      .strictObject({
        outOfRange: z.enum(['refuse', 'report']).default('refuse'),
        duplicates: z.enum(['refuse', 'report', 'drop']).default('report'),
      })
      .prefault({}),
    pipeline: z.array(pipelineStepSchema),
    split: splitSchema,
    learner: z.strictObject({ algorithm: z.string().min(1), parameters: z.record(z.string(), z.unknown()).default({}) }),
    metrics: z.array(metricName).min(1),
    /** Level of the prediction interval when a request names none. */
    level: z.number().gt(0.5).lt(1).default(0.9),
    /** Seed of everything random: split, folds, bootstrap. */
    seed: z.int().min(0).max(2 ** 32 - 1),
  })
  .superRefine((manifest, context) => {
    const names = [...manifest.features.map((feature) => feature.name), manifest.target.name, ...(manifest.patient ? [manifest.patient] : [])];
    const issue = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
    names.forEach((name, index) => names.indexOf(name) !== index && issue(['features'], `the name ${name} is used twice`));
    [...manifest.features, manifest.target].forEach((entry) => entry.type === 'number' && entry.minimum >= entry.maximum && issue(['features', entry.name], `minimum ${entry.minimum} is not below maximum ${entry.maximum}`));
    const known = new Map(manifest.features.map((feature) => [feature.name, feature]));
    manifest.pipeline.forEach((step, at) => {
      for (const name of step.columns) {
        const feature = known.get(name);
        if (!feature) issue(['pipeline', at, 'columns'], `${name} is not a feature`);
        else if (['standardise', 'min-max', 'log'].includes(step.step) && feature.type !== 'number') issue(['pipeline', at, 'columns'], `${step.step} needs a number and ${name} is a category`);
        else if (step.step === 'one-hot' && feature.type !== 'category') issue(['pipeline', at, 'columns'], `one-hot needs a category and ${name} is a number`);
      }
      if (step.step === 'impute' && (step.strategy === 'constant') !== (step.value !== undefined)) issue(['pipeline', at], 'impute takes a value with strategy constant and only then');
    });
    if (manifest.split.by === 'patient' && !manifest.patient) issue(['split'], 'a split by patient needs the patient column to be named');
    if (manifest.split.by === 'index' && manifest.split.remainder >= manifest.split.every) issue(['split', 'remainder'], 'the remainder must be below every');
  });

export type ModelManifest = z.output<typeof manifestSchema>;
export type Feature = z.output<typeof featureSchema>;
export type PipelineStep = z.output<typeof pipelineStepSchema>;
export type SplitRule = z.output<typeof splitSchema>;
export type MetricName = z.output<typeof metricName>;
